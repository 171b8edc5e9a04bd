package eidos.kubernetes.kubelet_unsafe_sysctls_test

import data.eidos.kubernetes.kubelet_unsafe_sysctls as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}} with data.params as {"allowed": ["net.ipv4.*"]}
}

test_none_passes if count(denied({})) == 0

test_allowed_passes if count(denied({"allowedUnsafeSysctls": ["net.ipv4.tcp_rmem"]})) == 0

test_another_fails if {
	some finding in denied({"allowedUnsafeSysctls": ["net.ipv4.tcp_rmem", "kernel.msgmax"]})
	finding.msg == "Pods may set kernel.msgmax."
}

test_odd_values_fail if {
	count(denied({"allowedUnsafeSysctls": "kernel.msgmax"})) == 1
	count(denied({"allowedUnsafeSysctls": [5]})) == 1
}
