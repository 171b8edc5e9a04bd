package eidos.os_hardening.unused_modules_absent_test

import data.eidos.os_hardening.unused_modules_absent as rule

denied(kmod) := findings if {
	findings := rule.deny with input as {"os": {"kmod": kmod}}
		with data.params as {"unused": ["udf", "usb_storage"]}
}

test_needed_modules_pass if count(denied({"overlay": true, "xfs": true})) == 0

test_unused_module_fails if {
	some finding in denied({"udf": true})
	finding.msg == "Kernel module udf is loaded, expected it blocked."
	finding.path == "os.kmod.udf"
}

test_every_unused_module_is_named if count(denied({"udf": true, "usb_storage": true})) == 2

test_odd_value_counts_as_loaded if count(denied({"udf": {"size": 1}})) == 1

test_false_is_not_loaded if count(denied({"udf": false})) == 0
