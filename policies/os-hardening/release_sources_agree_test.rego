package eidos.os_hardening.release_sources_agree_test

import data.eidos.os_hardening.release_sources_agree as rule

noble := {"ID": "ubuntu", "NAME": "Ubuntu", "VERSION_ID": "24.04", "PRETTY_NAME": "Ubuntu 24.04.3 LTS"}

amazon := {"NAME": "Amazon Linux", "VERSION_ID": "2023", "PRETTY_NAME": "Amazon Linux 2023.6.20241121"}

cos := {"NAME": "Container-Optimized OS", "VERSION_ID": "121", "PRETTY_NAME": "Container-Optimized OS from Google"}

denied(release, image) := findings if {
	findings := rule.deny with input as {
		"os": {"release": release, "sysctl": {"/proc/sys/kernel/osrelease": "6.8.0-1028-aws"}},
		"k8s": {"node": {"os-image": image, "kernel-version": "6.8.0-1028-aws"}},
	}
}

test_same_passes if {
	count(denied(noble, "Ubuntu 24.04.3 LTS")) == 0
	count(denied(cos, "Container-Optimized OS from Google")) == 0
}

test_other_point_release_passes if {
	count(denied(noble, "Ubuntu 24.04.1 LTS")) == 0
	count(denied(amazon, "Amazon Linux 2023.7.20250101")) == 0
}

test_release_of_a_container_fails if {
	some finding in denied(noble, "Ubuntu 22.04.5 LTS")
	finding.msg == "os-release says Ubuntu 24.04.3 LTS, but the kubelet runs on Ubuntu 22.04.5 LTS, expected the same release."
	finding.path == "os.release.PRETTY_NAME"
}

test_prefix_of_a_version_is_another_version if {
	count(denied({"NAME": "Amazon Linux", "VERSION_ID": "2", "PRETTY_NAME": "Amazon Linux 2"}, "Amazon Linux 2023")) == 1
}

test_other_kernel_fails if {
	findings := rule.deny with input as {
		"os": {"release": noble, "sysctl": {"/proc/sys/kernel/osrelease": "6.8.0-1024-aws"}},
		"k8s": {"node": {"os-image": "Ubuntu 24.04.3 LTS", "kernel-version": "6.8.0-1028-aws"}},
	}
	some finding in findings
	finding.path == `os.sysctl["/proc/sys/kernel/osrelease"]`
}

test_odd_values_fail if {
	count(denied({}, "Ubuntu 22.04.5 LTS")) == 1
	count(denied({"NAME": 1, "VERSION_ID": null}, "Ubuntu 22.04.5 LTS")) == 1
	count(denied(noble, null)) == 1
}
