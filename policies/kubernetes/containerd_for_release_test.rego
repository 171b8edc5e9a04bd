package eidos.kubernetes.containerd_for_release_test

import data.eidos.kubernetes.containerd_for_release as rule

params := {"last_release": "1.35", "first_containerd": "2.0"}

facts(server, name, version) := {"k8s": {
	"server": {"version": server},
	"node": {"container-runtime-name": name, "container-runtime-version": version},
}}

denied(server, version) := findings if {
	findings := rule.deny with input as facts(server, "containerd", version) with data.params as params
}

warned(server, version) := findings if {
	findings := rule.warn with input as facts(server, "containerd", version) with data.params as params
}

test_containerd_2_passes if {
	count(denied("v1.36.0", "2.0.0")) == 0
	count(warned("v1.35.0", "2.3.5")) == 0
}

test_containerd_1_passes_before if {
	count(denied("v1.33.5-eks-3025e55", "1.7.27")) == 0
	count(warned("v1.33.5-eks-3025e55", "1.7.27")) == 0
}

test_last_release_warns if {
	count(denied("v1.35.8", "1.7.33")) == 0
	some finding in warned("v1.35.8", "1.7.33")
	finding.msg == "containerd 1.7.33 supports no Kubernetes after 1.35."
}

test_after_the_last_release_fails if {
	some finding in denied("v1.36.0", "1.7.33")
	finding.msg == "containerd 1.7.33 does not support Kubernetes 1.36."
	count(denied("v1.100.0", "1.7.33")) == 1
}

test_what_is_no_version_fails if {
	count(denied("v1.33.5", null)) == 1
	count(denied(1.33, "1.7.33")) == 1
}

test_applicable_to_containerd if {
	rule.applicable with input as facts("v1.33.5", "containerd", "1.7.27")
	not rule.applicable with input as facts("v1.33.5", "cri-o", "1.33.0")
}
