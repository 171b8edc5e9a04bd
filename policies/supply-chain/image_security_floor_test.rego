package eidos.supply_chain.image_security_floor_test

import data.eidos.supply_chain.image_security_floor as rule

tables := {"image_floors": {"components": [
	{"image": "dcgm", "floor": "4.5.3", "cve": "CVE-1"},
	{"image": "dcgm-exporter", "pair": "dcgm", "floor": "4.5.3", "cve": "CVE-1"},
	{"image": "dcgm-exporter", "pair": "exporter", "floor": "4.8.3", "cve": "CVE-1"},
	{"image": "tritonserver", "floor": "26.06", "cve": "CVE-2"},
	{"image": "kai-scheduler", "within": "kai-scheduler", "floor": "0.13.0", "cve": "CVE-3"},
]}}

denied(image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image}} with data.tables as tables
}

test_floor_passes if {
	count(denied({"dcgm": "4.5.3-1-ubuntu24.04"})) == 0
	count(denied({"dcgm-exporter": "4.5.3-4.8.3-distroless"})) == 0
	count(denied({"tritonserver": "26.07-py3"})) == 0
}

test_older_fails if {
	some finding in denied({"dcgm": "4.3.1-1-ubuntu22.04"})
	finding.msg == "Image dcgm is 4.3.1-1-ubuntu22.04, expected 4.5.3 or newer, which fixes CVE-1."
	finding.expected == ">= 4.5.3"
}

test_both_versions_of_the_exporter_are_judged if {
	count(denied({"dcgm-exporter": "4.3.1-4.4.0-ubuntu22.04"})) == 2
	some finding in denied({"dcgm-exporter": "4.5.3-4.8.2-distroless"})
	finding.msg == "The exporter version in image dcgm-exporter is 4.8.2, expected 4.8.3 or newer, which fixes CVE-1."
}

test_compares_numbers_not_text if {
	count(denied({"dcgm": "4.10.0"})) == 0
	count(denied({"tritonserver": "26.5-py3"})) == 1
}

test_listed_container_is_judged if {
	some finding in denied({"containers": [{"registry": "nvcr.io", "repository": "nvidia/dcgm", "tag": "4.3.1"}]})
	finding.path == "k8s.image.containers[0]"
}

test_images_of_one_project_are_judged if {
	container := {"registry": "ghcr.io", "repository": "nvidia/kai-scheduler/binder", "tag": "v0.12.4"}
	some finding in denied({"containers": [container]})
	finding.msg == "Image binder is v0.12.4, expected 0.13.0 or newer, which fixes CVE-3."
	count(denied({"containers": [object.union(container, {"tag": "v0.13.0"})]})) == 0
	count(denied({"containers": [object.union(container, {"repository": "nvidia/binder"})]})) == 0
	count(denied({"containers": [object.union(container, {"repository": "kai-scheduler/kai-scheduler"})]})) == 1
}

test_unreadable_tags_fail if {
	count(denied({"dcgm": "latest"})) == 1
	count(denied({"dcgm": null})) == 1
	count(denied({"dcgm-exporter": "4.5.3"})) == 1
	count(denied({"containers": [{"registry": "nvcr.io", "repository": "nvidia/dcgm", "digest": "sha256:aa"}]})) == 1
}

test_other_images_are_not_applicable if {
	not rule.applicable with input as {"k8s": {"image": {"redis": "7"}}} with data.tables as tables
	rule.applicable with input as {"k8s": {"image": {"dcgm": "4"}}} with data.tables as tables
}
