package eidos.bundle_operators.health_seen_test

import data.eidos.bundle_operators.health_seen as rule

denied(service, operator, sentinel) := findings if {
	findings := rule.deny with input as {"bundle": {"criteria": {"service": service}, "components": {"gpu-operator": {"values": operator}, "nvsentinel": {"values": sentinel}}}}
}

test_told_passes if {
	count(denied("eks", {"dcgm": {"enabled": true}}, {})) == 0
	count(denied("aks", {"dcgm": {"enabled": true}, "driver": {"enabled": false}}, {"labeler": {"assumeDriverInstalled": true}})) == 0
	count(denied("gke", {"dcgm": {"enabled": true}, "driver": {"enabled": false}}, {})) == 0
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
