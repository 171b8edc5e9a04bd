package eidos.bundle_hygiene.privileged_namespaces_labelled_test

import data.eidos.bundle_hygiene.privileged_namespaces_labelled as rule

denied(components) := findings if {
	findings := rule.deny with input as {"bundle": {"components": components}}
		with data.params as {"privileged": ["gpu-operator"]}
}

test_labelled_passes if {
	count(denied({"gpu-operator": {"namespace": "g", "namespaceLabels": {"pod-security.kubernetes.io/enforce": "privileged"}}})) == 0
	count(denied({"cert-manager": {"namespace": "c", "namespaceLabels": {}}})) == 0
	count(denied({"gpu-operator": {"namespace": "kube-system", "namespaceLabels": {}}})) == 0
}

test_not_labelled_fails if {
	some finding in denied({"gpu-operator": {"namespace": "g", "namespaceLabels": {}}})
	finding.expected == "pod-security.kubernetes.io/enforce=privileged"
}

test_weaker_label_fails if count(denied({"gpu-operator": {"namespace": "g", "namespaceLabels": {"pod-security.kubernetes.io/enforce": "baseline"}}})) == 1

test_odd_values_fail if count(denied({"gpu-operator": {"namespace": "g", "namespaceLabels": null}})) == 1
