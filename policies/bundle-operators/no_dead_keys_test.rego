package eidos.bundle_operators.no_dead_keys_test

import data.eidos.bundle_operators.no_dead_keys as rule

tables := {"dead_keys": {"components": {"gpu-operator": {"driver.maxParallelUpgrades": "driver.upgradePolicy.maxParallelUpgrades", "cdi.default": ""}}}}

denied(values) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": values}}}}
		with data.tables as tables
}

test_living_keys_pass if count(denied({"driver": {"upgradePolicy": {"maxParallelUpgrades": 5}}})) == 0

test_moved_key_fails if {
	some finding in denied({"driver": {"maxParallelUpgrades": 5}})
	finding.msg == "driver.maxParallelUpgrades of gpu-operator has no effect; driver.upgradePolicy.maxParallelUpgrades has."
}

test_gone_key_fails_whatever_its_value if {
	count(denied({"cdi": {"default": null}})) == 1
	count(denied({"cdi": {"default": false}})) == 1
}

test_odd_values_pass if {
	count(denied({"cdi": "x"})) == 0
	count(denied(null)) == 0
}

test_without_a_component_of_the_table_nothing_is_judged if {
	rule.applicable with input as {"bundle": {"components": {"gpu-operator": {}, "web": {}}}} with data.tables as tables
	not rule.applicable with input as {"bundle": {"components": {"web": {}}}} with data.tables as tables
}
