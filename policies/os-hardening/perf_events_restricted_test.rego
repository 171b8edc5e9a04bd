package eidos.os_hardening.perf_events_restricted_test

import data.eidos.os_hardening.perf_events_restricted as rule

denied(value, minimum) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {"/proc/sys/kernel/perf_event_paranoid": value}}}
		with data.params as {"minimum": minimum}
}

test_restricted_passes if {
	count(denied("2", 2)) == 0
	count(denied("4", 2)) == 0
}

test_open_fails if {
	some finding in denied("-1", 2)
	finding.msg == "kernel.perf_event_paranoid is -1, expected at least 2."
}

test_lowered_for_profiling_passes if count(denied("0", 0)) == 0

test_what_is_no_number_fails if {
	count(denied("4 4", 2)) == 1
	count(denied({}, 2)) == 1
}
