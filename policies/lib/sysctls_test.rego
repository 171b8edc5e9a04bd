package eidos.lib.sysctls_test

import data.eidos.lib.sysctls

found(value, op) := sysctls.violations({"/proc/sys/kernel/x": value}, [{"key": "/proc/sys/kernel/x", "op": op, "value": 2}])

test_equal if {
	count(found("2", "==")) == 0
	count(found("3", "==")) == 1
}

test_least if {
	count(found("2", ">=")) == 0
	count(found("10", ">=")) == 0
	count(found("1", ">=")) == 1
}

test_most if {
	count(found("-1", "<=")) == 0
	count(found("3", "<=")) == 1
}

test_typed_number if count(found(2, "==")) == 0

test_finding_says_all if found("0", ">=") == {{
	"msg": "kernel.x is 0, expected at least 2.",
	"path": `os.sysctl["/proc/sys/kernel/x"]`,
	"actual": "0",
	"expected": ">= 2",
	"fix": "sysctl -w kernel.x=2",
}}

test_values_that_are_no_numbers_are_found if {
	every value in ["", "two", "2 3", null, true, [2], 2.5] {
		count(found(value, ">=")) == 1
	}
}

test_absent_key_is_not_judged if {
	count(sysctls.violations({}, [{"key": "/proc/sys/kernel/x", "op": "==", "value": 2}])) == 0
}

test_large_numbers_are_exact if sysctls.integer("18446744073692774399") == 18446744073692774399
