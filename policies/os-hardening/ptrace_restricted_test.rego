package eidos.os_hardening.ptrace_restricted_test

import data.eidos.os_hardening.ptrace_restricted as rule

denied(value, minimum) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {"/proc/sys/kernel/yama/ptrace_scope": value}}}
		with data.params as {"minimum": minimum}
}

test_children_only_passes if count(denied("1", 1)) == 0

test_stricter_passes if count(denied("3", 1)) == 0

test_unrestricted_fails if {
	some finding in denied("0", 1)
	finding.msg == "kernel.yama.ptrace_scope is 0, expected at least 1."
}

test_minimum_can_be_raised if count(denied("1", 2)) == 1

test_what_is_no_number_fails if {
	count(denied("off", 1)) == 1
	count(denied(false, 1)) == 1
}
