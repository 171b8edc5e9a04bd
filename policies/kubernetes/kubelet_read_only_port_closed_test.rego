package eidos.kubernetes.kubelet_read_only_port_closed_test

import data.eidos.kubernetes.kubelet_read_only_port_closed as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}}
}

test_good_passes if {
	count(denied({})) == 0
	count(denied({"readOnlyPort": 0})) == 0
}

test_bad_fails if {
	some finding in denied({"readOnlyPort": 10255})
	finding.path == "k8s.kubelet.readOnlyPort"
}

test_odd_values_fail if {
	count(denied({"readOnlyPort": null})) == 1
	count(denied({"readOnlyPort": "open"})) == 1
}
