package eidos.kubernetes.kube_proxy_skew_test

import data.eidos.kubernetes.kube_proxy_skew as rule

facts(version, image) := {"k8s": {"server": {"version": version}, "image": image}}

denied(version, tag) := findings if {
	findings := rule.deny with input as facts(version, {"kube-proxy": tag}) with data.params as {"max_skew": 3}
}

test_same_minor_passes if {
	count(denied("v1.33.5-eks-3025e55", "v1.33.0-eksbuild.2")) == 0
	count(denied("v1.33.0", "v1.33.5")) == 0
}

test_three_older_passes if count(denied("v1.33.5", "v1.30.0")) == 0

test_four_older_fails if {
	some finding in denied("v1.33.5", "v1.29.0")
	finding.msg == "kube-proxy v1.29.0 does not go with API server v1.33.5."
	finding.path == `k8s.image["kube-proxy"]`
}

test_newer_fails if count(denied("v1.33.5", "v1.34.0")) == 1

test_minor_is_a_number if count(denied("v1.10.0", "v1.9.0")) == 0

test_what_is_no_version_fails if {
	count(denied("v1.33.5", "latest")) == 1
	count(denied("v1.33.5", null)) == 1
	count(denied("master", "v1.33.5")) == 1
}

test_applicable_where_it_runs if {
	rule.applicable with input as facts("v1.33.5", {"kube-proxy": "v1.33.0"})
	not rule.applicable with input as facts("v1.33.5", {"cilium": "v1.18.0"})
}
