package eidos.os_hardening.sysrq_off_test

import data.eidos.os_hardening.sysrq_off as rule

denied(value) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {"/proc/sys/kernel/sysrq": value}}}
}

test_off_passes if count(denied("0")) == 0

test_some_keys_fail if {
	some finding in denied("176")
	finding.msg == "kernel.sysrq is 176, expected 0."
}

test_all_keys_fail if count(denied("1")) == 1

test_what_is_no_number_fails if {
	count(denied("")) == 1
	count(denied(null)) == 1
}
