package eidos.os_hardening.kernel_pointers_restricted_test

import data.eidos.os_hardening.kernel_pointers_restricted as rule

denied(kptr, dmesg) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {
		"/proc/sys/kernel/kptr_restrict": kptr,
		"/proc/sys/kernel/dmesg_restrict": dmesg,
	}}}
}

test_hidden_passes if count(denied("1", "1")) == 0

test_hidden_from_root_passes if count(denied("2", "1")) == 0

test_visible_fails if {
	{finding.path | some finding in denied("0", "0")} == {
		`os.sysctl["/proc/sys/kernel/kptr_restrict"]`,
		`os.sysctl["/proc/sys/kernel/dmesg_restrict"]`,
	}
}

test_one_visible_fails if {
	some finding in denied("1", "0")
	finding.msg == "kernel.dmesg_restrict is 0, expected at least 1."
}

test_what_is_no_number_fails if count(denied("", null)) == 2
