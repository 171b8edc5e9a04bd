package eidos.kubernetes.runtime_supported_test

import data.eidos.kubernetes.runtime_supported as rule

denied(name) := findings if {
	findings := rule.deny with input as {"k8s": {"node": {"container-runtime-name": name}}}
		with data.params as {"runtimes": ["containerd", "cri-o"]}
}

test_supported_passes if {
	count(denied("containerd")) == 0
	count(denied("cri-o")) == 0
}

test_others_fail if {
	some finding in denied("docker")
	finding.msg == `The container runtime is "docker", which is not supported.`
	finding.expected == "containerd or cri-o"
}

test_odd_values_fail if {
	count(denied("")) == 1
	count(denied(null)) == 1
	count(denied(["containerd"])) == 1
}
