package eidos.os_hardening.cpu_mitigations_on_test

import data.eidos.os_hardening.cpu_mitigations_on as rule

params := {
	"switches": ["nosmep"],
	"booleans": ["kpti"],
	"off": {"mitigations": ["off", "no_user_kernel"], "spec_store_bypass_disable": ["off"], "vmscape": ["off"], "tsa": ["off"]},
}

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

test_mitigations_of_recent_kernels_fail if count(denied({"vmscape": "off", "tsa": "off"})) == 2

test_recent_mitigations_that_are_on_pass if count(denied({"vmscape": "force", "tsa": "user"})) == 0

test_an_attack_vector_given_up_fails if {
	{finding.actual | some finding in denied({"mitigations": "auto,nosmt;no_user_kernel"})} == {"mitigations=no_user_kernel"}
}

test_every_way_to_say_no_fails if {
	every said in ["off", "0", "n", "no", "N", "false"] {
		count(denied({"kpti": said})) == 1
	}
}

test_every_way_to_say_yes_passes if {
	every said in ["on", "1", "y", ["0", "1"], "maybe"] {
		count(denied({"kpti": said})) == 0
	}
}

test_switch_fails if count(denied({"nosmep": ""})) == 1

test_other_spelling_fails if count(denied({"spec-store-bypass-disable": "OFF"})) == 1

test_odd_value_does_not_stop if count(denied({"mitigations": null, "nosmep": {}})) == 1
