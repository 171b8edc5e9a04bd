package eidos.os_hardening.kaslr_on_test

import data.eidos.os_hardening.kaslr_on as rule

denied(grub) := findings if {
	findings := rule.deny with input as {"os": {"grub": grub}}
}

test_absent_passes if {
	count(denied({"ro": "", "kaslr": ""})) == 0
	count(denied({})) == 0
}

test_present_fails if denied({"nokaslr": ""}) == {{
	"msg": "nokaslr is on the kernel line, expected it to be absent.",
	"path": "os.grub.nokaslr",
	"actual": "present",
	"expected": "absent",
}}

test_present_in_any_form_fails if {
	count(denied({"nokaslr": true})) == 1
	count(denied({"nokaslr": ["", ""]})) == 1
	count(denied({"nokaslr": null})) == 1
}
