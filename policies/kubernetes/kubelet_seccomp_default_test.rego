package eidos.kubernetes.kubelet_seccomp_default_test

import data.eidos.kubernetes.kubelet_seccomp_default as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}}
}

test_on_passes if {
	count(denied({"seccompDefault": true})) == 0
	count(denied({"seccompDefault": "true"})) == 0
}

test_off_fails if {
	some finding in denied({"seccompDefault": false})
	finding.msg == "Pods that ask for no seccomp profile have none."
}

test_absent_and_odd_values_fail if {
	count(denied({})) == 1
	count(denied({"seccompDefault": "perhaps"})) == 1
}
