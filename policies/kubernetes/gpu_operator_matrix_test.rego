package eidos.kubernetes.gpu_operator_matrix_test

import data.eidos.kubernetes.gpu_operator_matrix as rule

tables := {"gpu_operator_matrix": {"lines": {
	"25.3": {"first": "1.29", "last": "1.33"},
	"25.10": {"first": "1.30", "last": "1.34"},
}}}

facts(version, image) := {"k8s": {"server": {"version": version}, "image": image}}

denied(version, tag) := findings if {
	findings := rule.deny with input as facts(version, {"gpu-operator": tag})
		with data.params as {"images": ["gpu-operator"]}
		with data.tables as tables
}

asked(image) if rule.applicable with input as facts("v1.33.5", image) with data.params as {"images": ["gpu-operator"]}

test_both_ends_pass if {
	count(denied("v1.29.0", "v25.3.3")) == 0
	count(denied("v1.33.5-eks-3025e55", "v25.3.3")) == 0
}

test_outside_fails if {
	some finding in denied("v1.34.1", "v25.3.3")
	finding.msg == "GPU Operator v25.3.3 supports Kubernetes 1.29 to 1.33, not 1.34."
	finding.path == "k8s.server.version"
	count(denied("v1.28.1", "v25.3.3")) == 1
}

test_lines_are_numbers if count(denied("v1.34.1", "v25.10.1")) == 0

test_unlisted_line_fails if {
	some finding in denied("v1.33.5", "v27.1.0")
	finding.path == `k8s.image["gpu-operator"]`
}

test_what_is_no_version_fails if {
	count(denied("v1.33.5", "latest")) == 1
	count(denied("v1.33.5", null)) == 1
	count(denied("dev", "v25.3.3")) == 1
	count(denied(1.33, "v25.3.3")) == 1
}

test_applicable_where_the_operator_runs if {
	asked({"gpu-operator": "v25.3.3"})
	asked({"containers": [{"registry": "nvcr.io", "repository": "nvidia/gpu-operator", "tag": "v25.3.3"}]})
	not asked({"coredns": "v1.12.2"})
}

test_image_without_a_tag_fails if {
	findings := rule.deny with input as facts("v1.33.5", {"containers": [{"repository": "a/gpu-operator", "digest": "sha256:1"}]})
		with data.params as {"images": ["gpu-operator"]}
		with data.tables as tables
	count(findings) == 1
}
