package eidos.kubernetes.kubelet_kernel_defaults_test

import data.eidos.kubernetes.kubelet_kernel_defaults as rule

good := {
	"/proc/sys/vm/overcommit_memory": "1",
	"/proc/sys/vm/panic_on_oom": "0",
	"/proc/sys/kernel/panic": "10",
	"/proc/sys/kernel/panic_on_oops": "1",
	"/proc/sys/kernel/keys/root_maxkeys": "1000000",
	"/proc/sys/kernel/keys/root_maxbytes": "25000000",
}

denied(change) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": object.union(good, change)}}
}

test_wanted_values_pass if count(denied({})) == 0

test_numbers_pass if count(denied({"/proc/sys/kernel/panic": 10})) == 0

test_other_value_fails if {
	some finding in denied({"/proc/sys/vm/overcommit_memory": "0"})
	finding.msg == "vm.overcommit_memory is 0, expected 1."
	finding.path == `os.sysctl["/proc/sys/vm/overcommit_memory"]`
}

test_each_is_told if {
	count(denied({"/proc/sys/vm/panic_on_oom": "1", "/proc/sys/kernel/panic": "0"})) == 2
}

test_odd_values_fail if {
	count(denied({"/proc/sys/kernel/panic": "ten"})) == 1
	count(denied({"/proc/sys/kernel/panic": null})) == 1
}
