package eidos.supply_chain.images_released_test

import data.eidos.supply_chain.images_released as rule

params := {
	"allowed": ["agent"],
	"unreleased": `(?i)(?:^|[-_.+])(?:dev|rc|pr|dirty)[-.]?[0-9]*(?:$|[-_.+])`,
}

denied(image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image}} with data.params as params
}

test_releases_pass if {
	every tag in ["v1.12.2-eksbuild.4", "4.3.1-4.4.0-ubuntu22.04", "1.0.r2-72-gfb78a36-2024.05.29", "v1-3f15cb8", "26.07-py3"] {
		count(denied({"app": tag})) == 0
	}
}

test_unreleased_fails if {
	some finding in denied({"app": "v7.0.2-dev-cf642b0-multiarch"})
	finding.msg == "Image app runs with tag v7.0.2-dev-cf642b0-multiarch, a build that was not released, expected a release."
}

test_every_form_fails if {
	every tag in ["0.6-pr700", "v1.0.0-rc.1", "v1.0.0-rc1", "1.2-DIRTY", "dev"] {
		count(denied({"app": tag})) == 1
	}
}

test_word_in_a_word_passes if count(denied({"app": "1.2-device", "other": "1-prod"})) == 0

test_allowed_passes if count(denied({"agent": "1-dev"})) == 0

test_odd_tags_do_not_stop if count(denied({"app": null, "other": 7})) == 0
