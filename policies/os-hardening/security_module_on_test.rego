package eidos.os_hardening.security_module_on_test

import data.eidos.os_hardening.security_module_on as rule

denied(id, grub) := findings if {
	findings := rule.deny with input as {"os": {"grub": grub, "release": {"ID": id}}}
		with data.params as {"explicit_on": ["ubuntu"]}
}

warned(id, grub) := findings if {
	findings := rule.warn with input as {"os": {"grub": grub, "release": {"ID": id}}}
		with data.params as {"explicit_on": ["ubuntu"]}
}

test_apparmor_passes if {
	count(denied("ubuntu", {"apparmor": "1", "security": "apparmor"})) == 0
	count(warned("ubuntu", {"apparmor": "1", "security": "apparmor"})) == 0
}

test_selinux_passes if count(warned("rhel", {"selinux": "1"})) == 0

test_list_of_modules_passes if count(denied("ubuntu", {"lsm": "landlock,yama,apparmor"})) == 0

test_off_fails if {
	some finding in denied("ubuntu", {"apparmor": "0"})
	finding.msg == "apparmor=0 on the kernel line switches the security module off, expected it on."
}

test_every_way_to_switch_it_off_fails if {
	on := {"apparmor": "1", "security": "apparmor"}
	every way in [
		{"apparmor": "00"}, {"apparmor": "0x0"}, {"apparmor.enabled": "N"}, {"apparmor.enabled": "off"},
		{"apparmor.mode": "complain"}, {"lsm": "landlock,yama"}, {"lsm": ["apparmor", "yama"]},
	] {
		count(denied("ubuntu", object.union(on, way))) == 1
		count(denied("rhel", object.union(on, way))) == 1
	}
}

test_enforcing_mode_passes if {
	count(denied("ubuntu", {"apparmor": "1", "apparmor.mode": "enforce", "apparmor.enabled": "Y"})) == 0
}

test_permissive_fails if count(denied("rhel", {"selinux": "1", "enforcing": "0"})) == 1

test_last_word_counts if count(denied("ubuntu", {"apparmor": ["1", "0"]})) == 1

test_other_module_chosen_fails if count(denied("ubuntu", {"apparmor": "1", "security": "tomoyo"})) == 1

test_nothing_said_fails_on_ubuntu if {
	count(denied("ubuntu", {"ro": ""})) == 1
	count(warned("ubuntu", {"ro": ""})) == 0
}

test_nothing_said_warns_elsewhere if {
	count(denied("rhel", {"ro": ""})) == 0
	count(warned("rhel", {"ro": ""})) == 1
}

test_odd_values_are_not_on if {
	count(denied("ubuntu", {"apparmor": null})) == 1
	count(warned(null, {"selinux": {}})) == 1
}
