package eidos.kubernetes.containerd_floor_test

import data.eidos.kubernetes.containerd_floor as rule

tables := {"containerd_releases": {"releases": {
	"1.7": {"floor": "1.7.33", "end": "2026-09-01"},
	"2.0": {"end": "2027-03-01"},
	"2.3": {"floor": "2.3.5", "end": "2028-04-30"},
}}}

day(date) := time.parse_rfc3339_ns(sprintf("%vT00:00:00Z", [date]))

facts(name, version) := {"k8s": {"node": {"container-runtime-name": name, "container-runtime-version": version}}}

denied(version, date) := findings if {
	findings := rule.deny with input as facts("containerd", version)
		with data.params as {"warn_days": 60}
		with data.tables as tables
		with time.now_ns as day(date)
}

warned(version, date) := findings if {
	findings := rule.warn with input as facts("containerd", version)
		with data.params as {"warn_days": 60}
		with data.tables as tables
		with time.now_ns as day(date)
}

test_floor_of_a_supported_release_passes if {
	count(denied("2.3.5", "2026-11-24")) == 0
	count(warned("2.3.5", "2026-11-24")) == 0
}

test_below_the_floor_fails_by_number if {
	some finding in denied("1.7.4", "2026-01-01")
	finding.msg == "containerd 1.7.4 is below 1.7.33, the security floor of 1.7."
	finding.expected == ">= 1.7.33"
}

test_ended_release_fails if {
	count(denied("1.7.33", "2026-09-01")) == 0
	some finding in denied("1.7.33", "2026-09-02")
	finding.msg == "Support of containerd 1.7 ended on 2026-09-01."
}

test_both_are_told if count(denied("1.7.27", "2026-11-24")) == 2

test_end_in_sight_warns if count(warned("1.7.33", "2026-08-01")) == 1

test_release_without_a_floor_fails if count(denied("2.0.7", "2026-11-24")) == 1

test_unlisted_release_fails if count(denied("3.0.0", "2026-11-24")) == 1

test_what_is_no_version_fails if {
	count(denied("unknown", "2026-11-24")) == 1
	count(denied(2.3, "2026-11-24")) == 1
}

test_applicable_to_containerd if {
	rule.applicable with input as facts("containerd", "2.3.5")
	not rule.applicable with input as facts("cri-o", "1.34.0")
	not rule.applicable with input as facts(null, null)
}
