package eidos.os_hardening.boot_tuning_in_force_test

import data.eidos.os_hardening.boot_tuning_in_force as rule

facts(grub, pages, balancing) := {"os": {"grub": grub, "sysctl": {
	"/proc/sys/vm/nr_hugepages": pages,
	"/proc/sys/kernel/numa_balancing": balancing,
	"/proc/sys/kernel/osrelease": "6.8.0-1028-aws",
}}}

two_megabytes := {"hugepagesz": "2M", "hugepages": "5128"}

denied(grub, pages, balancing) := findings if {
	findings := rule.deny with input as facts(grub, pages, balancing)
}

warned(grub, pages, balancing) := findings if {
	findings := rule.warn with input as facts(grub, pages, balancing)
}

test_in_force_passes if {
	count(denied(two_megabytes, "5128", "1")) == 0
	count(warned(two_megabytes, "5128", "1")) == 0
}

test_fewer_pages_fail if {
	some finding in denied(two_megabytes, "100", "1")
	finding.msg == "vm.nr_hugepages is 100, fewer than the 5128 huge pages of 2M that the kernel line declares."
	finding.path == `os.sysctl["/proc/sys/vm/nr_hugepages"]`
}

test_more_pages_warn if {
	count(denied(two_megabytes, "15841", "1")) == 0
	some finding in warned(two_megabytes, "15841", "1")
	finding.actual == 15841
	finding.expected == 5128
}

test_balancing_against_the_kernel_line_fails if {
	some finding in denied({"numa_balancing": "disable"}, "0", "1")
	finding.msg == "The kernel line says numa_balancing=disable, but kernel.numa_balancing is 1, expected them to agree."
}

test_balancing_as_said_passes if {
	count(denied({"numa_balancing": "disable"}, "0", "0")) == 0
	count(denied({"numa_balancing": "enable"}, "0", "1")) == 0
}

test_nothing_declared_is_not_applicable if {
	not rule.applicable with input as facts({"ro": ""}, "0", "1")
	rule.applicable with input as facts(two_megabytes, "0", "1")
}

test_pages_without_declaration_do_not_warn if count(warned({"numa_balancing": "disable"}, "16", "0")) == 0

test_odd_values_fail if {
	count(denied(two_megabytes, "many", "1")) == 1
	count(denied(two_megabytes, null, "1")) == 1
	count(denied({"hugepages": "many"}, "5128", "1")) == 1
	count(denied({"hugepagesz": "big", "hugepages": "8"}, "8", "1")) == 1
	count(denied({"numa_balancing": "maybe"}, "0", "0")) == 1
	count(denied({"numa_balancing": "disable"}, "0", {})) == 1
}
