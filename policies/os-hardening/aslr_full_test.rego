package eidos.os_hardening.aslr_full_test

import data.eidos.os_hardening.aslr_full as rule

denied(value) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {"/proc/sys/kernel/randomize_va_space": value}}}
}

test_full_passes if count(denied("2")) == 0

test_conservative_fails if denied("1") == {{
	"msg": "kernel.randomize_va_space is 1, expected 2.",
	"path": `os.sysctl["/proc/sys/kernel/randomize_va_space"]`,
	"actual": "1",
	"expected": "== 2",
	"fix": "sysctl -w kernel.randomize_va_space=2",
}}

test_off_fails if count(denied("0")) == 1

test_what_is_no_number_fails if {
	count(denied("")) == 1
	count(denied(null)) == 1
	count(denied({})) == 1
}
