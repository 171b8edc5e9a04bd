package eidos.kubernetes.kubelet_renews_certificates_test

import data.eidos.kubernetes.kubelet_renews_certificates as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}}
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
