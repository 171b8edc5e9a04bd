package eidos.network_rdma.efa_plugin_runs_test

import data.eidos.network_rdma.efa_plugin_runs as rule

denied(image) := findings if {
	findings := rule.deny with input as {"os": {"kmod": {"efa": true}}, "k8s": {"image": image}}
		with data.params as {"images": ["aws-efa-k8s-device-plugin", "aws-dranet"]}
}

test_plugin_passes if count(denied({"aws-efa-k8s-device-plugin": "v0.5.3"})) == 0

test_listed_container_passes if {
	count(denied({"containers": [{"registry": "x", "repository": "eks/aws-efa-k8s-device-plugin", "tag": "v0.5.3"}]})) == 0
}

test_no_plugin_fails if {
	some finding in denied({"coredns": "v1.12.2"})
	contains(finding.msg, "aws-efa-k8s-device-plugin")
}

test_images_that_are_not_all_tell_nothing if every image in [{}, {"gpu-operator": "v25.10.0"}, {"containers": [{"registry": "x", "repository": "a/nccl-tests", "tag": "1"}]}] {
	count(denied(image)) == 0
	count(untold(image)) == 1
}

test_all_images_tell if {
	count(untold({"coredns": "v1.12.2"})) == 0
	count(untold({"aws-dranet": "v0.1"})) == 0
}

untold(image) := findings if {
	findings := rule.unknown with input as {"os": {"kmod": {"efa": true}}, "k8s": {"image": image}}
		with data.params as {"images": ["aws-efa-k8s-device-plugin", "aws-dranet"]}
}

test_node_without_efa_is_not_applicable if {
	not rule.applicable with input as {"os": {"kmod": {}}}
	rule.applicable with input as {"os": {"kmod": {"efa": true}}}
}
