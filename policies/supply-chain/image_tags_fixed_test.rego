package eidos.supply_chain.image_tags_fixed_test

import data.eidos.supply_chain.image_tags_fixed as rule

denied(image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image}}
		with data.params as {"allowed": ["probe"], "mutable": ["", "latest", "main"]}
}

test_fixed_tags_pass if count(denied({"coredns": "v1.12.2-eksbuild.4", "driver": "580.82.07-ubuntu22.04"})) == 0

test_latest_fails if {
	some finding in denied({"gpuid": "latest", "coredns": "v1.12.2"})
	finding.msg == "Image gpuid runs with tag latest, expected a fixed version or a digest."
	finding.actual == "latest"
}

test_every_image_is_named if count(denied({"gpuid": "latest", "mongosh": "latest"})) == 2

test_branch_fails if count(denied({"app": "Main"})) == 1

test_version_that_contains_latest_passes if count(denied({"app": "1.2-latest"})) == 0

test_allowed_image_passes if count(denied({"probe": "latest"})) == 0

test_container_without_tag_fails if {
	some finding in denied({"containers": [{"registry": "nvcr.io", "repository": "nvidia/app"}]})
	contains(finding.msg, "Image app runs with tag none")
}

digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

written := sprintf("nvcr.io/nvidia/app:latest@%v", [digest])

listed(container) := denied({"containers": [object.union({"registry": "nvcr.io", "repository": "nvidia/app"}, container)]})

test_pinned_container_passes if {
	count(listed({"digest": digest, "pinned": true})) == 0
	count(listed({"tag": "latest", "digest": digest, "pinned": true, "image": written})) == 0
	count(listed({"tag": "latest", "image": written})) == 0
}

test_digest_that_happens_to_run_is_no_pin if {
	count(listed({"tag": "latest", "digest": digest})) == 1
	count(listed({"tag": "latest", "digest": digest, "pinned": false})) == 1
	count(listed({"digest": digest, "pinned": false, "image": "nvcr.io/nvidia/app"})) == 1
	count(listed({"tag": "latest", "digest": digest, "pinned": false, "image": written})) == 1
}

test_a_pin_that_the_reference_does_not_show_is_none if {
	count(listed({"tag": "latest", "pinned": true, "image": "nvcr.io/nvidia/app:latest"})) == 1
	count(listed({"tag": "latest", "pinned": true, "image": "nvcr.io/nvidia/app:latest@sha256:"})) == 1
}

test_odd_pins_are_none if {
	every pin in ["true", "yes", 1, {}, null] {
		count(listed({"tag": "latest", "digest": digest, "pinned": pin})) == 1
	}
	count(listed({"tag": "latest", "image": 7})) == 1
}

test_container_with_empty_digest_fails if {
	count(denied({"containers": [{"repository": "app", "tag": "latest", "digest": ""}]})) == 1
	count(denied({"containers": [{"repository": "app", "tag": "latest", "digest": null}]})) == 1
}

test_odd_tags_fail if {
	count(denied({"app": ""})) == 1
	count(denied({"app": null})) == 1
	count(denied({"app": 1.3})) == 1
}

test_no_images_pass if count(denied({})) == 0
