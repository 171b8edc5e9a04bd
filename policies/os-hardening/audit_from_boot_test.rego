package eidos.os_hardening.audit_from_boot_test

import data.eidos.os_hardening.audit_from_boot as rule

denied(grub) := findings if {
	findings := rule.deny with input as {"os": {"grub": grub}}
		with data.params as {"backlog": 8192}
}

test_both_pass if {
	count(denied({"audit": "1", "audit_backlog_limit": "8192"})) == 0
	count(denied({"audit": "1", "audit_backlog_limit": "16384"})) == 0
	count(denied({"audit": "on", "audit_backlog_limit": "8192"})) == 0
}

test_absent_fails if {
	{finding.msg | some finding in denied({"ro": ""})} == {
		"audit on the kernel line is absent, expected 1.",
		"audit_backlog_limit on the kernel line is absent, expected 8192 or more.",
	}
}

test_off_fails if {
	every said in ["0", "off", "yes", "true"] {
		count(denied({"audit": said, "audit_backlog_limit": "8192"})) == 1
	}
}

test_small_backlog_fails if count(denied({"audit": "1", "audit_backlog_limit": "320"})) == 1

test_last_counts if count(denied({"audit": ["0", "1"], "audit_backlog_limit": ["8192", "64"]})) == 1

test_odd_values_fail if {
	count(denied({"audit": null, "audit_backlog_limit": "lots"})) == 2
	count(denied({"audit": {}, "audit_backlog_limit": ""})) == 2
}
