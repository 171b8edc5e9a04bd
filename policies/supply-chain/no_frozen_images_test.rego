package eidos.supply_chain.no_frozen_images_test

import data.eidos.supply_chain.no_frozen_images as rule

params := {"organisations": ["bitnami", "bitnamilegacy"], "tag": `-debian-[0-9]+-r[0-9]+$`}

denied(image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image}} with data.params as params
}

warned(image) := findings if {
	findings := rule.warn with input as {"k8s": {"image": image}} with data.params as params
}

container(registry, repository, tag) := {"containers": [{"registry": registry, "repository": repository, "tag": tag}]}

test_maintained_passes if {
	count(denied({"redis": "7.4.2"})) == 0
	count(warned({"redis": "7.4.2"})) == 0
	count(denied(container("quay.io", "prometheus/prometheus", "v3"))) == 0
}

test_frozen_organisation_fails if {
	some finding in denied(container("docker.io", "bitnamilegacy/mongodb", "8.0.3-debian-12-r0"))
	finding.msg == "Image mongodb comes from docker.io/bitnamilegacy/mongodb, which is frozen, expected an image that gets fixes."
}

test_frozen_does_not_warn_too if {
	count(warned(container("docker.io", "bitnamilegacy/mongodb", "8.0.3-debian-12-r0"))) == 0
}

test_mirror_fails if count(denied(container("mirror.example.com", "hub/bitnamilegacy/mongodb", "8"))) == 1

test_tag_warns if {
	some finding in warned({"bitnami-mongodb": "8.0.3-debian-12-r0"})
	finding.msg == "Image bitnami-mongodb has the tag 8.0.3-debian-12-r0 of Bitnami's frozen Debian images, expected an image that gets fixes."
}

test_name_warns if {
	some finding in warned({"bitnami-kubectl": "1.30.6"})
	finding.msg == "Image bitnami-kubectl is named after Bitnami, whose free images are frozen, expected an image that gets fixes."
}

test_other_debian_tag_passes if count(warned({"app": "1.2-debian-12"})) == 0

test_odd_tags_do_not_stop if {
	count(warned({"app": null})) == 0
	count(warned({"app": 8})) == 0
}
