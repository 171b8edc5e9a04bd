package eidos.operators.driver_upgrades_bounded_test

import data.eidos.operators.driver_upgrades_bounded as rule

params := {"parallel": 5, "unavailable_percent": 25, "unavailable_nodes": 5}

facts(changes) := {"k8s": {"policy": object.union({"driver.enabled": "true"}, changes)}}

denied(changes) := findings if {
	findings := rule.deny with input as facts(changes) with data.params as params
}

relevant(changes) if {
	rule.applicable with input as facts(changes)
}

test_defaults_pass if count(denied({})) == 0

test_bounded_passes if {
	count(denied({
		"driver.upgradePolicy.maxParallelUpgrades": "5",
		"driver.upgradePolicy.maxUnavailable": "25%",
		"driver.upgradePolicy.podDeletion.timeoutSeconds": "300",
		"driver.upgradePolicy.drain.enable": "true",
		"driver.upgradePolicy.drain.timeoutSeconds": 300,
	})) == 0
}

test_number_of_nodes_passes if count(denied({"driver.upgradePolicy.maxUnavailable": "1"})) == 0

test_unbounded_parallel_fails if {
	some finding in denied({"driver.upgradePolicy.maxParallelUpgrades": "0"})
	finding.msg == "driver.upgradePolicy.maxParallelUpgrades is \"0\", expected 1 to 5."
	finding.path == `k8s.policy["driver.upgradePolicy.maxParallelUpgrades"]`
}

test_too_many_fail if {
	count(denied({"driver.upgradePolicy.maxParallelUpgrades": 50})) == 1
	count(denied({"driver.upgradePolicy.maxUnavailable": "100%"})) == 1
	count(denied({"driver.upgradePolicy.maxUnavailable": 50})) == 1
}

test_endless_pod_deletion_fails if count(denied({"driver.upgradePolicy.podDeletion.timeoutSeconds": "0"})) == 1

test_endless_drain_fails_where_it_is_used if {
	count(denied({"driver.upgradePolicy.drain.timeoutSeconds": "0"})) == 0
	count(denied({"driver.upgradePolicy.drain.timeoutSeconds": "0", "driver.upgradePolicy.drain.enable": "true"})) == 1
}

test_odd_values_fail if {
	count(denied({"driver.upgradePolicy.maxUnavailable": "some"})) == 1
	count(denied({"driver.upgradePolicy.maxUnavailable": null})) == 1
	count(denied({"driver.upgradePolicy.maxParallelUpgrades": "many"})) == 1
	count(denied({"driver.upgradePolicy.podDeletion.timeoutSeconds": "soon"})) == 1
}

test_applicable_to_automatic_upgrades if {
	relevant({})
	relevant({"driver.upgradePolicy.autoUpgrade": "perhaps"})
	not relevant({"driver.upgradePolicy.autoUpgrade": "false"})
	not relevant({"driver.enabled": "false"})
	not rule.applicable with input as {"k8s": {"policy": {}}}
}
