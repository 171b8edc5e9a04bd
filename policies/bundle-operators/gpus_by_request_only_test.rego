package eidos.bundle_operators.gpus_by_request_only_test

import data.eidos.bundle_operators.gpus_by_request_only as rule

denied(values) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": values}}}}
}

warned(values, objects) := findings if {
	findings := rule.warn with input as {"bundle": {"components": {"gpu-operator": {"values": values}}, "objects": objects}}
}

hardened := {
	"devicePlugin": {"env": [{"name": "DEVICE_LIST_STRATEGY", "value": "cdi-cri,cdi-annotations,volume-mounts"}]},
	"toolkit": {"env": [
		{"name": "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED", "value": "false"},
		{"name": "ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS", "value": "true"},
	]},
}

host := {"toolkit": {"enabled": false}, "devicePlugin": hardened.devicePlugin}

test_hardened_passes if {
	count(denied(hardened)) == 0
	count(denied({"toolkit": {"enabled": false}, "devicePlugin": {"enabled": false}})) == 0
}

test_defaults_fail if count(denied({})) == 3

test_override_that_drops_the_entries_fails if {
	some finding in denied(object.union(hardened, {"devicePlugin": {"env": [{"name": "MOFED_ENABLED", "value": "false"}]}}))
	finding.actual == "envvar"
}

test_odd_values_fail if {
	count(denied({"devicePlugin": {"env": {"DEVICE_LIST_STRATEGY": "cdi-cri"}}, "toolkit": {"env": "x"}})) == 3
	count(denied(object.union(hardened, {"devicePlugin": {"env": [{"name": "DEVICE_LIST_STRATEGY", "value": 7}]}}))) == 1
}

test_host_toolkit_is_told if {
	count(warned(host, [])) == 1
	count(warned(host, [{"object": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "accept-nvidia-visible-devices-as-volume-mounts = true"}}}])) == 0
}

test_not_applicable_without_the_operator if {
	rule.applicable with input as {"bundle": {"components": {"gpu-operator": {}}}}
	not rule.applicable with input as {"bundle": {"components": {}}}
}
