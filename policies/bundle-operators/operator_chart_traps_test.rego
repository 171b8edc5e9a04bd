package eidos.bundle_operators.operator_chart_traps_test

import data.eidos.bundle_operators.operator_chart_traps as rule

denied(values) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": values}}}}
		with data.params as {"memory_mi": 700}
}

good := {"validator": {"plugin": {"env": [{"name": "WITH_WORKLOAD", "value": "false"}]}}, "operator": {"resources": {"limits": {"memory": "700Mi"}}}}

test_set_passes if {
	count(denied(good)) == 0
	count(denied(object.union(good, {"operator": {"resources": {"limits": {"memory": "2Gi"}}}}))) == 0
}

test_defaults_fail if {
	some finding in denied({})
	contains(finding.msg, "rendered") == false
	count(denied({})) == 2
}

test_odd_values_fail if {
	count(denied({"validator": {"plugin": {"env": "x"}}, "operator": {"resources": {"limits": {"memory": "lots"}}}})) == 2
	count(denied(object.union(good, {"operator": {"resources": {"limits": {"memory": 734003200}}}}))) == 1
}

warned(values) := findings if {
	findings := rule.warn with input as {"bundle": {"components": {"gpu-operator": {"values": values}}}}
}

test_what_the_chart_turns_on_is_told if {
	{finding.path | some finding in warned({})} == {
		`bundle.components["gpu-operator"].values.ccManager.enabled`,
		`bundle.components["gpu-operator"].values.kataSandboxDevicePlugin.enabled`,
	}
	count(warned({"ccManager": {"enabled": false}, "kataSandboxDevicePlugin": {"enabled": "perhaps"}})) == 1
}

test_what_is_off_is_not_told if {
	count(warned({"ccManager": {"enabled": false}, "kataSandboxDevicePlugin": {"enabled": false}})) == 0
}

test_not_applicable_without_the_operator if {
	rule.applicable with input as {"bundle": {"components": {"gpu-operator": {}}}}
	not rule.applicable with input as {"bundle": {"components": {}}}
}
