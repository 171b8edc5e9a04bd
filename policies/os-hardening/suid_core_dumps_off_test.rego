package eidos.os_hardening.suid_core_dumps_off_test

import data.eidos.os_hardening.suid_core_dumps_off as rule

denied(value) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {"/proc/sys/fs/suid_dumpable": value}}}
}

test_off_passes if count(denied("0")) == 0

test_for_root_fails if {
	some finding in denied("2")
	finding.msg == "fs.suid_dumpable is 2, expected 0."
}

test_for_all_fails if count(denied("1")) == 1

test_what_is_no_number_fails if {
	count(denied("0\t0")) == 1
	count(denied(["0"])) == 1
}
