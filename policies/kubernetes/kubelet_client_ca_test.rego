package eidos.kubernetes.kubelet_client_ca_test

import data.eidos.kubernetes.kubelet_client_ca as rule

denied(authentication) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": {"authentication": authentication}}}
}

test_a_file_passes if count(denied({"x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"}})) == 0

test_none_fails if {
	some finding in denied({"x509": {}})
	finding.msg == "The kubelet has no authority for client certificates."
}

test_odd_values_fail if {
	count(denied({"x509": {"clientCAFile": ""}})) == 1
	count(denied({"x509": {"clientCAFile": 5}})) == 1
}
