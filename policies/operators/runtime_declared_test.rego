package eidos.operators.runtime_declared_test

import data.eidos.operators.runtime_declared as rule

facts(declared, running) := {"k8s": {
	"policy": {"operator.defaultRuntime": declared},
	"node": {"container-runtime-name": running},
}}

warned(declared, running) := findings if {
	findings := rule.warn with input as facts(declared, running)
}

test_same_passes if {
	count(warned("containerd", "containerd")) == 0
	count(warned("crio", "cri-o")) == 0
}

test_other_warns if {
	some finding in warned("docker", "containerd")
	finding.msg == "operator.defaultRuntime is \"docker\", but the node runs containerd, expected the same."
	finding.path == `k8s.policy["operator.defaultRuntime"]`
}

test_odd_values_warn if {
	count(warned(null, "containerd")) == 1
	count(warned("containerd", 1)) == 1
}

test_nothing_declared_is_not_applicable if {
	not rule.applicable with input as {"k8s": {"policy": {}}}
	not rule.applicable with input as facts("", "containerd")
	rule.applicable with input as facts("docker", "containerd")
}
