package eidos.os_hardening.cpu_mitigations_on_test

import data.eidos.os_hardening.cpu_mitigations_on as rule

params := {"switches": ["nosmep"], "off": {"mitigations": ["off"], "spec_store_bypass_disable": ["off"]}}

denied(grub) := findings if {
	findings := rule.deny with input as {"os": {"grub": grub}}
		with data.params as params
}

test_default_passes if count(denied({"ro": ""})) == 0

test_stricter_passes if count(denied({"mitigations": "auto,nosmt"})) == 0

test_all_off_fails if {
	some finding in denied({"mitigations": "off"})
	finding.msg == "mitigations=off on the kernel line switches a CPU mitigation off, expected it to be absent."
	finding.path == "os.grub.mitigations"
}

test_one_off_among_options_fails if count(denied({"mitigations": "auto,off"})) == 1

test_repeated_fails if count(denied({"mitigations": ["auto", "off"]})) == 1

test_switch_fails if count(denied({"nosmep": ""})) == 1

test_other_spelling_fails if count(denied({"spec-store-bypass-disable": "OFF"})) == 1

test_odd_value_does_not_stop if count(denied({"mitigations": null, "nosmep": {}})) == 1
