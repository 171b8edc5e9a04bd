package eidos.kubernetes.network_denied_by_default_test

import data.eidos.kubernetes.network_denied_by_default as rule

denied(policies) := findings if {
	findings := rule.deny with input as {"k8s": {"network-policies": policies}} with data.params as {"exempt": ["kube-*"]}
}

test_denying_and_exempt_pass if {
	count(denied({"shop": {"default-deny-ingress": true}, "kube-system": {"default-deny-ingress": false}})) == 0
}

test_open_fails if {
	some finding in denied({"shop": {"policies": ["a"], "default-deny-ingress": false}})
	finding.msg == "Namespace shop lets everybody in."
}

test_odd_values_fail if count(denied({"shop": {"default-deny-ingress": "perhaps"}})) == 1
