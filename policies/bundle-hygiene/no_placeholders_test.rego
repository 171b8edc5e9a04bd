package eidos.bundle_hygiene.no_placeholders_test

import data.eidos.bundle_hygiene.no_placeholders as rule

denied(value) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"c": {"values": {"a": value}}}, "objects": []}}
}

test_values_pass if {
	count(denied("last_over_time(<<.Series>>)")) == 0
	count(denied("{{ $labels.node }} is hot")) == 0
}

test_placeholders_fail if {
	some finding in denied("CHANGEME")
	finding.path == `bundle.components["c"].values.a`
	count(denied("<your-registry>")) == 1
	count(denied("${CLUSTER}")) == 1
}

test_odd_values_pass if {
	count(denied(null)) == 0
	count(denied([1, {}])) == 0
}
