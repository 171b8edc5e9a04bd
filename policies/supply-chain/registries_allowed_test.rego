package eidos.supply_chain.registries_allowed_test

import data.eidos.supply_chain.registries_allowed as rule

params := {"allowed": ["nvcr.io/nvidia", "registry.k8s.io", "docker.io/grafana"], "allowed_hosts_under": ["amazonaws.com"]}

denied(k8s) := findings if {
	findings := rule.deny with input as {"k8s": k8s} with data.params as params
}

from(repository) := {"policy": {"driver.repository": repository}}

test_allowed_passes if {
	count(denied(from("nvcr.io/nvidia"))) == 0
	count(denied(from("nvcr.io/nvidia/cloud-native"))) == 0
	count(denied(from("grafana/loki"))) == 0
	count(denied(from("602401143452.dkr.ecr.us-west-2.amazonaws.com/eks"))) == 0
}

test_other_registry_fails if {
	some finding in denied(from("quay.io/someone"))
	finding.msg == "driver takes images from \"quay.io/someone\", expected an allowed registry."
	finding.path == `k8s.policy["driver.repository"]`
}

test_alike_names_fail if {
	count(denied(from("nvcr.io/nvidia-evil"))) == 1
	count(denied(from("nvcr.io.evil.example/nvidia"))) == 1
	count(denied(from("amazonaws.com.evil.example/eks"))) == 1
	count(denied(from("nvidia"))) == 1
}

test_default_repository_passes if count(denied(from(""))) == 0

test_running_image_is_judged if {
	image := {"containers": [
		{"registry": "registry.k8s.io", "repository": "pause", "tag": "3.10"},
		{"registry": "docker.io", "repository": "someone/miner", "tag": "1"},
	]}
	some finding in denied({"policy": {}, "image": image})
	finding.path == "k8s.image.containers[1]"
}

test_image_without_registry_is_not_judged if count(denied({"policy": {}, "image": {"miner": "1"}})) == 0

test_odd_repository_fails if {
	count(denied(from(null))) == 1
	count(denied(from(["nvcr.io/nvidia"]))) == 1
}
