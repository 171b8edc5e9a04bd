package eidos.bundle_operators.resources_in_order_test

import data.eidos.bundle_operators.resources_in_order as rule

tables := {"custom_resources": {"owners": {"mellanox.com": "network-operator", "monitoring.coreos.com": "prometheus-operator-crds"}}}

entry(component, apply, version, kind) := {"component": component, "apply": apply, "object": {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}}

components := {
	"network-operator": {"chart": "network-operator", "wave": 1, "values": {}},
	"prometheus-operator-crds": {"chart": "c", "wave": 0, "values": {}},
	"gpu-monitoring": {"chart": null, "wave": 1, "dependsOn": [], "values": {}},
	"early": {"chart": null, "wave": 0, "values": {}},
	"gpu-operator": {"chart": "c", "wave": 2, "values": {"driver": {"kernelModuleConfig": {"name": "x"}}}},
}

params_map := entry("gpu-operator", "before", "v1", "ConfigMap")

denied(objects) := findings if {
	findings := rule.deny with input as {"bundle": {"components": components, "objects": objects}}
		with data.tables as tables
}

warned(objects) := findings if {
	findings := rule.warn with input as {"bundle": {"components": components, "objects": objects}}
		with data.tables as tables
}

test_order_passes if {
	ordered := [params_map, entry("network-operator", "after", "mellanox.com/v1alpha1", "NicClusterPolicy")]
	count(denied(ordered)) == 0
	count(warned(ordered)) == 0
	count(denied([params_map, entry("gpu-monitoring", "after", "monitoring.coreos.com/v1", "PrometheusRule")])) == 0
	count(denied([params_map, entry("early", "before", "apps/v1", "DaemonSet")])) == 0
}

test_stack_brings_monitors if {
	stack := {"kube-prometheus-stack": {"chart": "c", "wave": 0, "values": {}}, "m": {"chart": null, "wave": 1, "values": {}}}
	found := rule.deny with input as {"bundle": {"components": stack, "objects": [entry("m", "after", "monitoring.coreos.com/v1", "PrometheusRule")]}}
		with data.tables as tables
	count(found) == 0
}

test_before_its_own_chart_fails if {
	some finding in denied([params_map, entry("network-operator", "before", "mellanox.com/v1alpha1", "NicClusterPolicy")])
	finding.expected == "apply: after"
}

test_same_wave_as_its_definition_fails if {
	some finding in denied([params_map, entry("early", "after", "monitoring.coreos.com/v1", "PrometheusRule")])
	contains(finding.msg, "needs a definition of prometheus-operator-crds")
}

test_late_config_map_fails if count(denied([entry("gpu-operator", "after", "v1", "ConfigMap")])) == 1

test_missing_config_map_fails if count(denied([])) == 1

test_odd_objects_pass if count(denied([params_map, {"object": null}, null, {"component": 1, "object": {"apiVersion": "v1", "kind": "X"}}])) == 0

test_a_resource_of_nobody_is_named if {
	findings := warned([
		entry("early", "after", "example.org/v1", "Widget"),
		entry("early", "before", "apps/v1", "DaemonSet"),
		entry("network-operator", "after", "mellanox.com/v1alpha1", "NicClusterPolicy"),
	])
	{finding.path | some finding in findings} == {"bundle.objects[0].object"}
	some finding in findings
	startswith(finding.msg, "Widget x: no component is listed that brings definitions of example.org/v1/Widget")
}
