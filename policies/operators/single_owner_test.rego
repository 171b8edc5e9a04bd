package eidos.operators.single_owner_test

import data.eidos.operators.single_owner as rule

params := {"owners": {"driver": ["cos-nvidia-installer"], "devicePlugin": ["nvidia-gpu-device-plugin"]}}

denied(image, policy) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image, "policy": policy}} with data.params as params
}

test_one_owner_passes if count(denied({"k8s-device-plugin": "v0.17.4"}, {"driver.enabled": "true"})) == 0

test_second_device_plugin_fails if {
	some finding in denied({"nvidia-gpu-device-plugin": "sha"}, {"devicePlugin.enabled": "true"})
	finding.msg == "Image nvidia-gpu-device-plugin runs while devicePlugin.enabled is true, expected one owner."
}

test_default_is_on if count(denied({"cos-nvidia-installer": "1"}, {"toolkit.enabled": "true"})) == 1

test_operator_steps_back_passes if {
	count(denied({"cos-nvidia-installer": "1"}, {"driver.enabled": "false"})) == 0
}

test_odd_switch_fails if {
	count(denied({}, {"driver.enabled": "perhaps"})) == 1
	count(denied({}, {"devicePlugin.enabled": null})) == 1
}

test_without_operator_is_not_applicable if {
	not rule.applicable with input as {"k8s": {"policy": {}}}
	rule.applicable with input as {"k8s": {"policy": {"driver.enabled": "true"}}}
}
