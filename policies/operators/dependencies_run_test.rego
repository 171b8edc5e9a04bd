package eidos.operators.dependencies_run_test

import data.eidos.operators.dependencies_run as rule

params := {"kserve": ["kserve-controller"], "cert_manager_for_nvsentinel": "1.19"}

denied(image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image}} with data.params as params
}

warned(image) := findings if {
	findings := rule.warn with input as {"k8s": {"image": image}} with data.params as params
}

nvsentinel(tag) := {"nvsentinel-node-drainer": "1.22.0", "cert-manager-controller": tag}

test_complete_passes if {
	count(denied(nvsentinel("v1.21.1"))) == 0
	count(warned(nvsentinel("v1.21.1"))) == 0
	count(denied({"kserve-controller": "v0.20.0", "cert-manager-controller": "v1.15.1"})) == 0
}

test_missing_fails if {
	some finding in denied({"kserve-controller": "v0.20.0", "coredns": "v1.12.2"})
	finding.msg == "KServe runs without cert-manager, expected cert-manager-controller to run."
}

test_every_dependent_is_named if count(denied({"kserve-controller": "v0.20.0", "nvsentinel-node-drainer": "1", "kube-proxy": "v1.34.2"})) == 2

test_images_that_are_not_all_tell_nothing if {
	image := {"kserve-controller": "v0.20.0"}
	count(denied(image)) == 0
	count(rule.unknown) == 1 with input as {"k8s": {"image": image}} with data.params as params
}

test_all_images_tell if {
	image := {"kserve-controller": "v0.20.0", "kube-proxy": "v1.34.2"}
	count(rule.unknown) == 0 with input as {"k8s": {"image": image}} with data.params as params
}

test_old_warns if {
	count(denied(nvsentinel("v1.9.0"))) == 0
	some finding in warned(nvsentinel("v1.9.0"))
	finding.msg == "NVSentinel runs with cert-manager v1.9.0, expected 1.19 or newer."
}

test_odd_tags_fail if {
	count(denied(nvsentinel("latest"))) == 1
	count(denied(nvsentinel(null))) == 1
}

test_others_are_not_applicable if {
	not rule.applicable with input as {"k8s": {"image": {"redis": "7"}}} with data.params as params
	rule.applicable with input as {"k8s": {"image": {"kserve-controller": "1"}}} with data.params as params
}
