package eidos.bundle_operators.driver_upgrades_bounded_test

import data.eidos.bundle_operators.driver_upgrades_bounded as rule

params := {"most_parallel": 10}

denied(policy, objects) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": {"driver": {"upgradePolicy": policy}}}}, "objects": objects}}
		with data.params as params
}

nic(value) := [{"object": {"apiVersion": "mellanox.com/v1alpha1", "kind": "NicClusterPolicy", "spec": {"ofedDriver": {"upgradePolicy": {"maxParallelUpgrades": value}}}}}]

test_few_pass if {
	count(denied({}, [])) == 0
	count(denied({"maxParallelUpgrades": 5, "maxUnavailable": "25%"}, nic(1))) == 0
}

test_all_at_once_fails if {
	some finding in denied({"maxParallelUpgrades": 0}, [])
	finding.expected == "1 to 10"
	count(denied({}, nic(0))) == 1
	count(denied({"maxUnavailable": "100%"}, [])) == 1
}

test_odd_values_fail if {
	count(denied({"maxParallelUpgrades": "5"}, [])) == 1
	count(denied({"maxUnavailable": null}, nic(null))) == 2
}
