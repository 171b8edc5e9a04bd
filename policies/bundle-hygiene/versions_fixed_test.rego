package eidos.bundle_hygiene.versions_fixed_test

import data.eidos.bundle_hygiene.versions_fixed as rule

denied(version, repository) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"c": {"chart": "c", "version": version, "repository": repository}}}}
}

here := "https://charts.example.org"

test_exact_passes if {
	count(denied("v26.7.0", here)) == 0
	count(denied("0.1.0-alpha.12", "oci://ghcr.io/a/b")) == 0
}

test_range_fails if {
	some finding in denied("26.x", here)
	contains(finding.msg, "no single one")
	count(denied(">=1.0.0", here)) == 1
	count(denied("1.0", here)) == 1
}

test_hostile_version_fails if count(denied("1.0; touch x", here)) == 1

test_open_repository_fails if {
	count(denied("1.0.0", "http://charts.example.org")) == 1
	count(denied("1.0.0", "https://user:pw@charts.example.org")) == 1
}

test_odd_values_fail if count(denied(null, 7)) == 2

test_resources_alone_need_none if {
	found := rule.deny with input as {"bundle": {"components": {"c": {"chart": null, "version": null}}}}
	count(found) == 0
}
