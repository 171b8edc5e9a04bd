package eidos.os_hardening.bpf_restricted_test

import data.eidos.os_hardening.bpf_restricted as rule

denied(sysctls) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": sysctls}}
}

test_closed_passes if {
	count(denied({"/proc/sys/kernel/unprivileged_bpf_disabled": "2"})) == 0
	count(denied({
		"/proc/sys/kernel/unprivileged_bpf_disabled": "1",
		"/proc/sys/net/core/bpf_jit_harden": "2",
	})) == 0
}

test_open_fails if {
	some finding in denied({"/proc/sys/kernel/unprivileged_bpf_disabled": "0"})
	finding.msg == "kernel.unprivileged_bpf_disabled is 0, expected at least 1."
}

test_compiler_without_hardening_fails if {
	some finding in denied({
		"/proc/sys/kernel/unprivileged_bpf_disabled": "2",
		"/proc/sys/net/core/bpf_jit_harden": "1",
	})
	finding.path == `os.sysctl["/proc/sys/net/core/bpf_jit_harden"]`
}

test_what_is_no_number_fails if count(denied({"/proc/sys/kernel/unprivileged_bpf_disabled": true})) == 1
