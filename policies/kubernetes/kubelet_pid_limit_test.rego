package eidos.kubernetes.kubelet_pid_limit_test

import data.eidos.kubernetes.kubelet_pid_limit as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}} with data.params as {"least": 1024}
}

test_good_passes if {
	count(denied({"podPidsLimit": 1024})) == 0
	count(denied({"podPidsLimit": "16384"})) == 0
}

test_bad_fails if {
	some finding in denied({"podPidsLimit": -1})
	finding.path == "k8s.kubelet.podPidsLimit"
}

test_odd_values_fail if {
	count(denied({"podPidsLimit": null})) == 1
	count(denied({"podPidsLimit": "many"})) == 1
}
