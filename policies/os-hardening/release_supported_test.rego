package eidos.os_hardening.release_supported_test

import data.eidos.os_hardening.release_supported as rule

tables := {"os_eol": {"distributions": {"ubuntu": {
	"image": "Ubuntu",
	"support": "Canonical's standard support",
	"releases": {"20.04": "2025-05-31", "22.04": "2027-04-01", "24.04": "2029-05-01"},
}}}}

day := time.parse_rfc3339_ns("2026-11-24T00:00:00Z")

facts(version) := {"os": {"release": {"ID": "ubuntu", "VERSION_ID": version}}}

on_image(image) := {"os": {"release": {"ID": "ubuntu", "VERSION_ID": "24.04"}}, "k8s": {"node": {"os-image": image}}}

denied(subject) := findings if {
	findings := rule.deny with input as subject
		with data.tables as tables
		with data.params as {"warn_days": 180}
		with time.now_ns as day
}

warned(subject) := findings if {
	findings := rule.warn with input as subject
		with data.tables as tables
		with data.params as {"warn_days": 180}
		with time.now_ns as day
}

test_supported_passes if {
	count(denied(facts("24.04"))) == 0
	count(warned(facts("24.04"))) == 0
}

test_end_of_life_fails if {
	some finding in denied(facts("20.04"))
	finding.msg == concat(" ", [
		"Canonical's standard support ended on 2025-05-31 for ubuntu 20.04 (said by os-release),",
		"expected a supported release.",
	])
	finding.path == "os.release.VERSION_ID"
}

test_near_end_of_life_warns if {
	count(denied(facts("22.04"))) == 0
	some finding in warned(facts("22.04"))
	startswith(finding.msg, "Canonical's standard support ends on 2027-04-01 for ubuntu 22.04")
}

test_host_image_is_judged_too if {
	some finding in denied(on_image("Ubuntu 20.04.6 LTS"))
	contains(finding.msg, "(said by the kubelet's os-image)")
	finding.path == "k8s.node.os-image"
}

test_last_day_is_supported if {
	findings := rule.deny with input as facts("20.04")
		with data.tables as tables
		with data.params as {"warn_days": 180}
		with time.now_ns as time.parse_rfc3339_ns("2025-05-31T00:00:00Z")
	count(findings) == 0
}

test_unlisted_release_fails if {
	count(denied(facts("24.10"))) == 1
	count(denied({"os": {"release": {"ID": "plan9", "VERSION_ID": "4"}}})) == 1
}

test_unlisted_host_fails if count(denied(on_image("Plan 9"))) == 1

test_host_without_a_release_in_its_name_is_judged_by_os_release if {
	count(denied(on_image("Container-Optimized OS from Google"))) == 0
}

test_odd_values_fail_and_do_not_stop if {
	count(denied(facts(24.04))) == 1
	count(denied(facts(null))) == 1
	count(denied(on_image(7))) == 1
	count(denied(on_image(null))) == 1
}
