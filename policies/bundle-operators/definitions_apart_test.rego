package eidos.bundle_operators.definitions_apart_test

import data.eidos.bundle_operators.definitions_apart as rule

denied(components) := findings if {
	findings := rule.deny with input as {"bundle": {"components": components}}
}

definitions := {"values": {}}

stack := {"values": {"crds": {"enabled": false}}, "dependsOn": ["prometheus-operator-crds"]}

test_apart_passes if {
	operator := {"values": {}, "dependsOn": ["prometheus-operator-crds"]}
	count(denied({"prometheus-operator-crds": definitions, "kube-prometheus-stack": stack, "gpu-operator": operator})) == 0
	count(denied({"kube-prometheus-stack": {"values": {}}})) == 0
}

test_two_owners_fail if {
	some finding in denied({"prometheus-operator-crds": definitions, "kube-prometheus-stack": object.union(stack, {"values": {"crds": {"enabled": true}}})})
	contains(finding.msg, "both bring")
}

test_no_owner_fails if count(denied({"kube-prometheus-stack": stack})) == 1

test_monitor_without_dependency_fails if {
	count(denied({"prometheus-operator-crds": definitions, "gpu-operator": {"values": {}}})) == 1
	count(denied({"prometheus-operator-crds": definitions, "x": {"values": {"metrics": {"serviceMonitor": {"enabled": true}}}, "dependsOn": []}})) == 1
}

test_odd_values_fail if {
	count(denied({"prometheus-operator-crds": definitions, "gpu-operator": {"values": {"dcgmExporter": 3}, "dependsOn": null}})) == 1
}
