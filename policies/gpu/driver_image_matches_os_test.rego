package eidos.gpu.driver_image_matches_os_test

import data.eidos.gpu.driver_image_matches_os as rule

facts(image, os) := {"k8s": {
	"image": image,
	"node": {"os-image": os},
	"policy": {"driver.enabled": "true"},
}}

denied(image, os) := findings if {
	findings := rule.deny with input as facts(image, os) with data.params as {"images": ["driver"]}
}

asked(image, os) if rule.applicable with input as facts(image, os) with data.params as {"images": ["driver"]}

test_same_release_passes if count(denied({"driver": "580.82.07-ubuntu22.04"}, "Ubuntu 22.04.5 LTS")) == 0

test_other_release_fails if {
	some finding in denied({"driver": "580.82.07-ubuntu22.04"}, "Ubuntu 24.04.3 LTS")
	finding.msg == "The node runs Ubuntu 24.04.3 LTS, but driver images are for ubuntu22.04."
	finding.path == `k8s.image["driver"]`
	finding.expected == "an image for ubuntu24.04"
}

test_one_of_several_images_is_enough if {
	image := {"containers": [
		{"registry": "nvcr.io", "repository": "nvidia/driver", "tag": "580.82.07-ubuntu22.04"},
		{"registry": "nvcr.io", "repository": "nvidia/driver", "tag": "580.82.07-ubuntu24.04"},
	]}
	count(denied(image, "Ubuntu 24.04.3 LTS")) == 0
	count(denied(image, "Ubuntu 26.04 LTS")) == 1
}

test_red_hat if {
	count(denied({"driver": "580.82.07-rhel9.4"}, "Red Hat Enterprise Linux 9.4 (Plow)")) == 0
	count(denied({"driver": "580.82.07-rhel9"}, "Red Hat Enterprise Linux 9.4 (Plow)")) == 0
	count(denied({"driver": "580.82.07-rhel9.4"}, "Red Hat Enterprise Linux 9.6 (Plow)")) == 1
}

test_applicable if asked({"driver": "580.82.07-ubuntu22.04"}, "Ubuntu 22.04.5 LTS")

test_not_applicable if {
	not asked({}, "Ubuntu 22.04.5 LTS")
	not asked({"driver": "v1.2.3"}, "Ubuntu 22.04.5 LTS")
	not asked({"driver": 580}, "Ubuntu 22.04.5 LTS")
	not asked({"driver": "580.82.07-ubuntu22.04"}, "Container-Optimized OS from Google")
	not asked({"driver": "580.82.07-ubuntu22.04"}, null)
}
