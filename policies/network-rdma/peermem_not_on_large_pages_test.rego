package eidos.network_rdma.peermem_not_on_large_pages_test

import data.eidos.network_rdma.peermem_not_on_large_pages as rule

facts(kernel, policy) := {
	"os": {"sysctl": {"/proc/sys/kernel/osrelease": kernel}},
	"k8s": {"policy": policy},
}

denied(policy) := findings if {
	findings := rule.deny with input as facts("6.8.0-1039-nvidia-64k", policy)
}

test_off_passes if {
	count(denied({"driver.rdma.enabled": "false"})) == 0
	count(denied({})) == 0
}

test_on_fails if {
	some finding in denied({"driver.rdma.enabled": "true"})
	finding.path == `k8s.policy["driver.rdma.enabled"]`
	contains(finding.msg, "6.8.0-1039-nvidia-64k")
}

test_typed_boolean_fails if count(denied({"driver.rdma.enabled": true})) == 1

test_odd_switch_fails if {
	count(denied({"driver.rdma.enabled": ""})) == 1
	count(denied({"driver.rdma.enabled": null})) == 1
}

test_other_kernels_are_not_applicable if {
	not rule.applicable with input as facts("6.8.0-1028-aws", {})
	not rule.applicable with input as facts(null, {})
	rule.applicable with input as facts("6.8.0-1039-nvidia-64k", {})
}
