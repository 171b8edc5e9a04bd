package eidos.bundle_operators.health_seen_test

import data.eidos.bundle_operators.health_seen as rule

denied(service, operator, sentinel) := findings if {
	findings := rule.deny with input as {"bundle": {"criteria": {"service": service}, "components": {"gpu-operator": {"values": operator}, "nvsentinel": {"values": sentinel}}}}
}

test_told_passes if {
	count(denied("eks", {"dcgm": {"enabled": true}}, {})) == 0
	count(denied("aks", {"dcgm": {"enabled": true}, "driver": {"enabled": false}}, {"labeler": {"assumeDriverInstalled": true}})) == 0
	count(denied("gke", {"dcgm": {"enabled": true}, "driver": {"enabled": false}}, {})) == 0
	count(denied("gke", object.union(own_plugin, {"dcgm": {"enabled": true}}), {"labeler": {"assumeDriverInstalled": true}})) == 0
}

own_plugin := {"driver": {"enabled": false}, "devicePlugin": {"enabled": false}}

test_driver_of_gke_without_a_pod_is_assumed if {
	some finding in denied("gke", object.union(own_plugin, {"dcgm": {"enabled": true}}), {})
	finding.expected == true
}

test_another_runtime_class_fails if {
	azure := {"dcgm": {"enabled": true}, "operator": {"runtimeClass": "nvidia-container-runtime"}}
	some finding in denied("aks", azure, {})
	finding.path == `bundle.components["nvsentinel"].values.metadata-collector.runtimeClassName`
	count(denied("aks", azure, {"metadata-collector": {"runtimeClassName": "nvidia-container-runtime"}})) == 0
}

test_no_dcgm_fails if {
	some finding in denied("eks", {}, {})
	finding.expected == true
}

test_wrong_assumption_fails if count(denied("aks", {"dcgm": {"enabled": true}, "driver": {"enabled": false}}, {})) == 1

test_second_exporter_fails if {
	found := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": {}}, "dcgm-exporter": {"values": {}}}}}
	count(found) == 1
}

test_odd_values_fail if count(denied("eks", {"dcgm": "on?", "driver": []}, {"labeler": {"assumeDriverInstalled": "x"}})) == 2

test_not_applicable_without_the_operator if {
	rule.applicable with input as {"bundle": {"components": {"gpu-operator": {}}}}
	not rule.applicable with input as {"bundle": {"components": {}}}
}
