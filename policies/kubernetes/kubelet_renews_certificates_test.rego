package eidos.kubernetes.kubelet_renews_certificates_test

import data.eidos.kubernetes.kubelet_renews_certificates as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}}
}

test_not_asked_where_kubelets_sign_in_with_tokens if {
	not rule.applicable with input as {"k8s": {"node": {"provider": "eks"}}} with data.params as {"by_token": ["eks"]}
	rule.applicable with input as {"k8s": {"node": {"provider": "self-managed"}}} with data.params as {"by_token": ["eks"]}
}

test_on_passes if {
	count(denied({"rotateCertificates": true})) == 0
	count(denied({"rotateCertificates": "true"})) == 0
}

test_off_fails if {
	some finding in denied({"rotateCertificates": false})
	finding.msg == "The kubelet does not renew its client certificate."
}

test_absent_and_odd_values_fail if {
	count(denied({})) == 1
	count(denied({"rotateCertificates": "perhaps"})) == 1
}
