package eidos.kubernetes.pod_security_enforced_test

import data.eidos.kubernetes.pod_security_enforced as rule

denied(security) := findings if {
	findings := rule.deny with input as {"k8s": {"pod-security": security}} with data.params as {"exempt": ["kube-*"]}
}

test_enforced_and_exempt_pass if count(denied({"shop": {"enforce": "baseline"}, "kube-system": {}})) == 0

test_unlabelled_fails if {
	some finding in denied({"shop": {"warn": "restricted"}})
	finding.msg == "Namespace shop enforces nothing, expected baseline or restricted."
	finding.path == `k8s["pod-security"]["shop"]`
}

test_privileged_and_odd_values_fail if {
	count(denied({"shop": {"enforce": "privileged"}})) == 1
	count(denied({"shop": {"enforce": null}})) == 1
}
