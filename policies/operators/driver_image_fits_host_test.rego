package eidos.operators.driver_image_fits_host_test

import data.eidos.operators.driver_image_fits_host as rule

tables := {"os_eol": {"distributions": {
	"ubuntu": {"image": "Ubuntu", "releases": {"22.04": "", "24.04": ""}},
	"rhel": {"image": "Red Hat Enterprise Linux", "releases": {"9": ""}},
}}}

facts(image, host) := {
	"k8s": {"image": image, "node": {"os-image": host}},
	"gpu": {"smi": {"gpu-count": 8}},
}

warned(image, host) := findings if {
	findings := rule.warn with input as facts(image, host)
		with data.tables as tables
		with data.params as {"image": "driver"}
}

relevant(image) if {
	rule.applicable with input as facts(image, "Ubuntu 22.04.5 LTS") with data.params as {"image": "driver"}
}

test_same_release_passes if {
	count(warned({"driver": "580.82.07-ubuntu22.04"}, "Ubuntu 22.04.5 LTS")) == 0
	count(warned({"driver": "580.82.07-rhel9.4"}, "Red Hat Enterprise Linux 9.6 (Plow)")) == 0
}

test_other_release_warns if {
	some finding in warned({"driver": "580.82.07-ubuntu22.04"}, "Ubuntu 24.04.3 LTS")
	finding.msg == "The driver image is 580.82.07-ubuntu22.04, but the node runs Ubuntu 24.04.3 LTS, expected the same release."
}

test_one_of_several_images_is_enough if {
	image := {"containers": [
		{"registry": "nvcr.io", "repository": "nvidia/driver", "tag": "580.82.07-ubuntu22.04"},
		{"registry": "nvcr.io", "repository": "nvidia/driver", "tag": "580.82.07-ubuntu24.04"},
	]}
	count(warned(image, "Ubuntu 24.04.3 LTS")) == 0
}

test_odd_host_warns if {
	count(warned({"driver": "580.82.07-ubuntu22.04"}, null)) == 1
	count(warned({"driver": "580.82.07-ubuntu22.04"}, "Plan 9")) == 1
}

test_applicable_to_driver_images_of_a_release if {
	relevant({"driver": "580.82.07-ubuntu22.04"})
	not relevant({"driver": "580.82.07"})
	not relevant({"driver": null})
	not relevant({"coredns": "1-ubuntu22.04"})
}
