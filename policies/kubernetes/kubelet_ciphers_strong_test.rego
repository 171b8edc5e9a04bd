package eidos.kubernetes.kubelet_ciphers_strong_test

import data.eidos.kubernetes.kubelet_ciphers_strong as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}}
		with data.params as {"allowed": ["TLS_AES_128_GCM_SHA256"]}
}

test_unsaid_passes if count(denied({})) == 0

test_strong_passes if {
	count(denied({"tlsCipherSuites": ["TLS_AES_128_GCM_SHA256"], "tlsMinVersion": "VersionTLS13"})) == 0
}

test_weak_cipher_fails if {
	some finding in denied({"tlsCipherSuites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_AES_128_GCM_SHA256"]})
	finding.msg == "The kubelet offers TLS_RSA_WITH_3DES_EDE_CBC_SHA."
}

test_old_version_fails if count(denied({"tlsMinVersion": "VersionTLS10"})) == 1

test_odd_values_fail if {
	count(denied({"tlsMinVersion": 12})) == 1
	count(denied({"tlsCipherSuites": "TLS_AES_128_GCM_SHA256"})) == 1
	count(denied({"tlsCipherSuites": [5]})) == 1
}
