package eidos.os_hardening.kubelet_kernel_defaults_test

import data.eidos.os_hardening.kubelet_kernel_defaults as rule

good := {
	"/proc/sys/vm/overcommit_memory": "1",
	"/proc/sys/vm/panic_on_oom": "0",
	"/proc/sys/kernel/panic": "10",
	"/proc/sys/kernel/panic_on_oops": "1",
	"/proc/sys/kernel/keys/root_maxkeys": "1000000",
	"/proc/sys/kernel/keys/root_maxbytes": "25000000",
}

denied(changes) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": object.union(good, changes)}}
}

test_defaults_pass if count(denied({})) == 0

test_no_reboot_after_panic_fails if {
	some finding in denied({"/proc/sys/kernel/panic": "0"})
	finding.msg == "kernel.panic is 0, expected 10."
}

test_strict_overcommit_fails if count(denied({"/proc/sys/vm/overcommit_memory": "2"})) == 1

test_more_keys_pass if count(denied({"/proc/sys/kernel/keys/root_maxkeys": "2000000"})) == 0

test_what_is_no_number_fails if count(denied({"/proc/sys/kernel/panic": null, "/proc/sys/vm/panic_on_oom": ""})) == 2
