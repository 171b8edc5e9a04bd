package eidos.kubernetes.container_toolkit_floor_test

import data.eidos.kubernetes.container_toolkit_floor as rule

tables := {"container_toolkit": {"floor": "1.19.1", "fixes": "CVE-2026-24260"}}

denied(image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image}}
		with data.params as {"images": ["container-toolkit"]}
		with data.tables as tables
}

asked(image) if {
	rule.applicable with input as {"k8s": {"image": image}} with data.params as {"images": ["container-toolkit"]}
}

test_floor_passes if count(denied({"container-toolkit": "v1.19.1"})) == 0

test_newer_passes if count(denied({"container-toolkit": "v1.20.0-ubi9"})) == 0

test_older_fails if {
	some finding in denied({"container-toolkit": "v1.17.8-ubuntu20.04"})
	finding.msg == "Container Toolkit v1.17.8-ubuntu20.04 is below 1.19.1, which fixes CVE-2026-24260."
	finding.path == `k8s.image["container-toolkit"]`
}

test_compares_numbers_not_text if count(denied({"container-toolkit": "v1.9.9"})) == 1

test_every_toolkit_is_asked if {
	findings := denied({"containers": [
		{"registry": "nvcr.io", "repository": "nvidia/k8s/container-toolkit", "tag": "v1.19.1"},
		{"registry": "nvcr.io", "repository": "nvidia/k8s/container-toolkit", "tag": "v1.17.8"},
	]})
	{finding.path | some finding in findings} == {"k8s.image.containers[1]"}
}

test_what_is_no_version_fails if {
	count(denied({"container-toolkit": "latest"})) == 1
	count(denied({"container-toolkit": null})) == 1
}

test_image_without_a_tag_fails if {
	count(denied({"containers": [{"registry": "nvcr.io", "repository": "a/container-toolkit", "digest": "sha256:1"}]})) == 1
}

test_applicable_where_the_image_runs if {
	asked({"container-toolkit": "v1.19.1"})
	not asked({"coredns": "v1.12.2"})
	not asked({})
}
