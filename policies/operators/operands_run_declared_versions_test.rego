package eidos.operators.operands_run_declared_versions_test

import data.eidos.operators.operands_run_declared_versions as rule

policy := {
	"driver.image": "driver",
	"driver.version": "580.82.07",
	"devicePlugin.image": "k8s-device-plugin",
	"devicePlugin.version": "v0.17.4",
	"gfd.image": "k8s-device-plugin",
	"gfd.version": "v0.17.5",
	"toolkit.image": "container-toolkit",
	"toolkit.version": "",
}

denied(image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image, "policy": policy}}
		with data.params as {"operands": ["driver", "devicePlugin", "gfd", "toolkit"]}
}

test_declared_passes if {
	count(denied({"driver": "580.82.07-ubuntu22.04", "k8s-device-plugin": "v0.17.4"})) == 0
	count(denied({"k8s-device-plugin": "v0.17.5"})) == 0
}

test_other_version_fails if {
	some finding in denied({"driver": "570.133.20-ubuntu22.04"})
	finding.msg == "Image driver runs with tag 570.133.20-ubuntu22.04, but the ClusterPolicy declares 580.82.07, expected the same."
}

test_prefix_is_another_version if count(denied({"driver": "580.82.070-ubuntu22.04"})) == 1

test_digest_passes if {
	findings := rule.deny with input as {"k8s": {
		"image": {"containers": [{"registry": "nvcr.io", "repository": "nvidia/driver", "digest": "sha256:aa"}]},
		"policy": {"driver.image": "driver", "driver.version": "sha256:aa"},
	}}
		with data.params as {"operands": ["driver"]}
	count(findings) == 0
}

test_what_does_not_run_is_not_judged if count(denied({"coredns": "1"})) == 0

test_undeclared_version_is_not_judged if count(denied({"container-toolkit": "v1.17.8"})) == 0

test_odd_tags_fail if {
	count(denied({"driver": null})) == 1
	count(denied({"driver": 580})) == 1
}

test_without_operator_is_not_applicable if {
	not rule.applicable with input as {"k8s": {"policy": {}}}
	rule.applicable with input as {"k8s": {"policy": policy}}
}
