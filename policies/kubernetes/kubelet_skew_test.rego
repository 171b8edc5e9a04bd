package eidos.kubernetes.kubelet_skew_test

import data.eidos.kubernetes.kubelet_skew as rule

denied(server, kubelet) := findings if {
	facts := {"k8s": {"server": {"version": server}, "node": {"kubelet-version": kubelet}}}
	findings := rule.deny with input as facts with data.params as {"max_skew": 3}
}

test_same_and_older_pass if {
	count(denied("v1.36.3-eks-8f2c1d0", "v1.36.1-eks-8f2c1d0")) == 0
	count(denied("v1.36.0", "v1.36.3")) == 0
	count(denied("v1.36.3", "v1.33.0")) == 0
	count(denied("v1.10.0", "v1.9.0")) == 0
}

test_four_older_and_newer_fail if {
	some finding in denied("v1.36.3", "v1.32.9")
	finding.msg == "Kubelet v1.32.9 does not go with API server v1.36.3: it may be 3 minor releases older, and not newer."
	finding.path == `k8s.node["kubelet-version"]`
	count(denied("v1.35.8", "v1.36.0")) == 1
	count(denied("v2.1.0", "v1.36.0")) == 1
}

test_two_older_was_the_bound_before_1_28 if {
	count(denied("v1.27.9", "v1.25.0")) == 0
	count(denied("v1.27.9", "v1.24.0")) == 1
	count(denied("v1.28.0", "v1.25.0")) == 0
}

test_what_is_no_version_fails if {
	count(denied("v1.36.3", "unknown")) == 1
	count(denied("v1.36.3", null)) == 1
	count(denied("v1.36.3", "v1")) == 1
	count(denied("master", "v1.36.3")) == 1
}
