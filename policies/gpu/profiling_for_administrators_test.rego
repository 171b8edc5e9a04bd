package eidos.gpu.profiling_for_administrators_test

import data.eidos.gpu.profiling_for_administrators as rule

denied(value) := findings if {
	findings := rule.deny with input as {"gpu": {"driver-params": {"RmProfilingAdminOnly": value}}}
}

test_limited_passes if {
	count(denied(1)) == 0
	count(denied("1")) == 0
}

test_open_fails if {
	some finding in denied(0)
	finding.msg == "Everybody may profile: RmProfilingAdminOnly is 0, expected 1."
}

test_odd_values_fail if count(denied("perhaps")) == 1
