package eidos.kubernetes.kubelet_idle_streams_end_test

import data.eidos.kubernetes.kubelet_idle_streams_end as rule

denied(timeout) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": {"streamingConnectionIdleTimeout": timeout}}}
}

test_some_time_passes if {
	count(denied("4h0m0s")) == 0
	count(denied("300s")) == 0
}

test_never_fails if {
	some finding in denied("0s")
	finding.msg == "Idle sessions end after 0s, which is never."
}

test_odd_values_fail if {
	count(denied("")) == 1
	count(denied(5)) == 1
}
