package eidos.bundle_operators.driver_upgrades_bounded_test

import data.eidos.bundle_operators.driver_upgrades_bounded as rule

params := {"parallel": 5, "unavailable_percent": 25, "unavailable_nodes": 5}

denied(policy, objects) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": {"driver": {"upgradePolicy": policy}}}}, "objects": objects}}
		with data.params as params
}

nic(policy) := [{"place": 0, "object": {"apiVersion": "mellanox.com/v1alpha1", "kind": "NicClusterPolicy", "spec": {"ofedDriver": {"upgradePolicy": policy}}}}]

test_few_pass if {
	count(denied({}, [])) == 0
	count(denied({"maxParallelUpgrades": 5, "maxUnavailable": "25%"}, nic({"maxParallelUpgrades": 1}))) == 0
	count(denied({"maxUnavailable": 3, "drain": {"enable": true, "timeoutSeconds": 300}}, [])) == 0
}

test_all_at_once_fails if {
	some finding in denied({"maxParallelUpgrades": 0}, [])
	finding.msg == "maxParallelUpgrades is 0, expected 1 to 5; 0 is all nodes."
	finding.path == `bundle.components["gpu-operator"].values.driver.upgradePolicy.maxParallelUpgrades`
	some other in denied({}, nic({"maxParallelUpgrades": 0}))
	other.path == "bundle.objects[0].object.spec.ofedDriver.upgradePolicy.maxParallelUpgrades"
	count(denied({"maxParallelUpgrades": 6}, [])) == 1
}

test_many_away_fail if {
	count(denied({"maxUnavailable": "26%"}, [])) == 1
	count(denied({"maxUnavailable": 6}, [])) == 1
	count(denied({"maxUnavailable": ""}, [])) == 1
}

test_waiting_for_ever_fails if {
	some finding in denied({"drain": {"enable": true, "timeoutSeconds": 0}}, [])
	finding.path == `bundle.components["gpu-operator"].values.driver.upgradePolicy.drain.timeoutSeconds`
	count(denied({"gpuPodDeletion": {"timeoutSeconds": 0}}, nic({"drain": {"enable": true, "timeoutSeconds": "soon"}}))) == 2
	count(denied({"drain": {"enable": false, "timeoutSeconds": 0}}, [])) == 0
}

test_odd_values_fail if {
	count(denied({"maxParallelUpgrades": "5"}, [])) == 1
	count(denied("slow", nic(["slow"]))) == 2
	count(denied(null, nic(null))) == 0
	count(denied({"maxUnavailable": null}, nic({"maxParallelUpgrades": null}))) == 2
}
