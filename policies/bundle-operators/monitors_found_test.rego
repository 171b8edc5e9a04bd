package eidos.bundle_operators.monitors_found_test

import data.eidos.bundle_operators.monitors_found as rule

denied(stack, operator, objects) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"kube-prometheus-stack": {"values": {"prometheus": {"prometheusSpec": stack}}}, "gpu-operator": {"values": operator}}, "objects": objects}}
}

all := {"serviceMonitorSelectorNilUsesHelmValues": false, "ruleSelectorNilUsesHelmValues": false}

monitor(name) := {"object": {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": name}}}

test_open_selectors_pass if {
	count(denied(all, {}, [monitor("mine")])) == 0
	count(denied({}, {"dcgmExporter": {"serviceMonitor": {"additionalLabels": {"release": "prometheus"}}}}, [])) == 0
}

test_default_fails if {
	some finding in denied({}, {}, [])
	finding.expected == false
	count(denied({}, {}, [])) == 2
}

test_name_of_the_operator_fails if count(denied(all, {}, [monitor("nvidia-dcgm-exporter")])) == 1

test_odd_values_fail if {
	count(denied({"serviceMonitorSelectorNilUsesHelmValues": "x", "ruleSelectorNilUsesHelmValues": null}, {"dcgmExporter": 1}, [])) == 2
}
