package eidos.supply_chain.no_staging_registries_test

import data.eidos.supply_chain.no_staging_registries as rule

denied(k8s) := findings if {
	findings := rule.deny with input as {"k8s": k8s} with data.params as {"words": ["nvstaging", "dev"]}
}

from(repository) := {"policy": {"driver.repository": repository}}

test_released_passes if count(denied(from("nvcr.io/nvidia"))) == 0

test_staging_fails if {
	some finding in denied(from("nvcr.io/nvstaging/cloud-native"))
	finding.msg == "driver takes images from nvcr.io/nvstaging/cloud-native, a place for nvstaging, expected a released image."
	finding.path == `k8s.policy["driver.repository"]`
}

test_host_of_developers_fails if count(denied(from("registry.dev.example.com/gpu"))) == 1

test_running_image_fails if {
	count(denied({"policy": {}, "image": {"containers": [{"registry": "x.io", "repository": "dev/app", "tag": "1"}]}})) == 1
}

test_word_in_a_word_passes if count(denied(from("docker.io/devops/device-plugin"))) == 0

test_odd_repository_does_not_stop if count(denied(from(null))) == 0
