package eidos.lib.versions_test

import data.eidos.lib.versions

test_suffixes_are_stripped if {
	every written, expected in {
		"v1.33.5-eks-3025e55": [1, 33, 5],
		"1.32.4-gke.1533000": [1, 32, 4],
		"v1.31.4+k3s1": [1, 31, 4],
		"580.82.07-ubuntu22.04": [580, 82, 7],
		"v1.17.8-ubuntu20.04": [1, 17, 8],
		"v26.3.2": [26, 3, 2],
		"1.30.00-distroless": [1, 30, 0],
		"0.6-pr700": [0, 6],
		"580": [580],
		" 1.7.27\n": [1, 7, 27],
	} {
		versions.numbers(written) == expected
	}
}

test_what_has_numbers_is_readable if {
	versions.readable("v1.33.5-eks-3025e55")
	versions.readable("580")
}

test_what_is_no_version_is_undefined if {
	every value in ["", "latest", "1.0.r2-72", "N/A", "1..2", "1.2.", "sha256:12", 1.3, 580, null, true, ["1"], {"a": 1}] {
		not versions.readable(value)
		not versions.key(value)
		not versions.branch(value)
		not versions.line(value)
	}
}

test_numbers_decide if {
	versions.older("580.95.05", "580.126.20")
	versions.older("1.9.9", "1.10.0")
	versions.older("580", "580.0.1")
	not versions.older("580.126.20", "580.95.05")
	not versions.older("580.95.05", "580.95.05")
}

test_zeros_at_the_end_mean_nothing if {
	versions.at_least("26.3", "26.3.0")
	versions.at_least("26.3.0", "26.3")
	not versions.older("26.3", "26.3.0")
}

test_suffix_of_a_provider_is_no_prerelease if versions.at_least("v1.33.5-eks-3025e55", "1.33.5")

test_prerelease_is_older if {
	versions.older("v1.19.1-rc.1", "1.19.1")
	versions.older("1.19.1-alpha", "1.19.1")
	versions.at_least("v1.19.2-rc.1", "1.19.1")
}

test_every_way_to_write_a_prerelease if {
	every version in [
		"2.0.0~rc.1",
		"2.0.0~rc1-1ubuntu1",
		" v2.0.0~beta2\n",
		"2.0~alpha",
		"2.0.0~dev",
		"2.0.0~pre1",
		"2.0.0_rc1",
		"2.0.0 rc1",
		"2.0.0-RC1",
		"v2.0.0-rc.1+build.5",
		"2.0.0-0.rc1",
		"2.0.0-0.1.rc1.el9",
		"2.0.0-devel",
		"2.0.0-preview.1",
		"2.0.0-nightly",
		"2.0.0-SNAPSHOT",
	] {
		versions.readable(version)
		versions.older(version, "2.0.0")
		versions.at_least(version, "1.9.9")
		not versions.at_least(version, "2.0")
	}
}

test_what_is_written_after_a_release_is_none if {
	every version in [
		"2.0.0-1~ubuntu22.04",
		"2.0.0~ubuntu22.04",
		"2.0.0_el9",
		"2.0.0-precise",
		"2.0.0-1.el9",
		"2.0.0+rc1",
		"2.0.0-r2",
	] {
		versions.at_least(version, "2.0.0")
	}
}

test_a_prerelease_without_a_mark_before_it_cannot_be_read if {
	every version in ["2.0.0rc1", "2.0.0b1", "2.0.0.dev1", "2.0.0.rc1", "2.0rc", "2.0.0^rc1", "2.0.0:rc1", "rc1"] {
		not versions.older(version, "9")
		not versions.at_least(version, "1")
	}
}

test_suffix_that_only_starts_like_a_prerelease if versions.at_least("1.19.1-devicemapper", "1.19.1")

test_undefined_is_neither_older_nor_newer if {
	not versions.older("latest", "1.0")
	not versions.at_least("latest", "1.0")
}

test_between_holds_both_ends if {
	versions.between("570.124.06", "570.124.06", "570.158.01")
	versions.between("570.158.01", "570.124.06", "570.158.01")
	not versions.between("570.158.02", "570.124.06", "570.158.01")
	not versions.between("570.86.15", "570.124.06", "570.158.01")
}

test_branch_and_line if {
	versions.branch("580.82.07") == "580"
	versions.line("v1.33.5-eks-3025e55") == "1.33"
	not versions.line("580")
}

test_exporter_tags_hold_two_versions if {
	versions.exporter_pair("4.3.1-4.4.0-ubuntu22.04") == {"dcgm": "4.3.1", "exporter": "4.4.0"}
	versions.exporter_pair("4.5.3-4.8.3") == {"dcgm": "4.5.3", "exporter": "4.8.3"}
	not versions.exporter_pair("4.3.1-1-ubuntu22.04")
	not versions.exporter_pair(4.3)
}

test_oldest_by_number if versions.oldest(["1.17.10", "v1.17.8-ubuntu20.04", "1.19.1"]) == "v1.17.8-ubuntu20.04"

test_skew_counts_minor_releases if {
	every version in ["v1.33.9", "v1.32.0", "v1.30.1"] {
		versions.within_skew(version, "v1.33.5-eks-1", 3)
	}
	every version in ["v1.34.0", "v1.29.9", "v2.33.0", "v1", "latest", null] {
		not versions.within_skew(version, "v1.33.5", 3)
	}
}
