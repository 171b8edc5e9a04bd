package eidos.lib.distributions_test

import data.eidos.lib.distributions

known := {
	"ubuntu": {"image": "Ubuntu", "releases": {"22.04": "", "24.04": ""}},
	"amzn": {"image": "Amazon Linux", "releases": {"2": "", "2023": ""}},
	"rhel": {"image": "Red Hat Enterprise Linux", "releases": {"9": ""}},
}

test_release if distributions.of_release({"ID": "ubuntu", "VERSION_ID": "24.04"}, known) == {"id": "ubuntu", "release": "24.04"}

test_minor_release if distributions.of_release({"ID": "rhel", "VERSION_ID": "9.4"}, known) == {"id": "rhel", "release": "9"}

test_image if {
	distributions.of_image("Ubuntu 22.04.5 LTS", known) == {"id": "ubuntu", "release": "22.04"}
	distributions.of_image("Amazon Linux 2023.6.20241121", known) == {"id": "amzn", "release": "2023"}
	distributions.of_image("Amazon Linux 2", known) == {"id": "amzn", "release": "2"}
	distributions.of_image("Red Hat Enterprise Linux 9.4 (Plow)", known) == {"id": "rhel", "release": "9"}
}

test_unlisted_is_undefined if {
	not distributions.of_release({"ID": "ubuntu", "VERSION_ID": "24.10"}, known)
	not distributions.of_release({"ID": "plan9", "VERSION_ID": "4"}, known)
	not distributions.of_release({"ID": "ubuntu"}, known)
	not distributions.of_release({"ID": "ubuntu", "VERSION_ID": 24}, known)
	not distributions.of_image("Ubuntu", known)
	not distributions.of_image(null, known)
}
