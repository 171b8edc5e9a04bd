package eidos.bundle_operators.driver_owner_fits_platform_test

import data.eidos.bundle_operators.driver_owner_fits_platform as rule

tables := {"driver_shapes": {
	"chart": {"driver.enabled": true, "toolkit.enabled": true, "operator.runtimeClass": "nvidia"},
	"services": {"aks": {
		"managed": {"driver.enabled": false, "toolkit.enabled": false, "operator.runtimeClass": "nvidia-container-runtime"},
		"operator": {"driver.enabled": true, "toolkit.enabled": true, "operator.runtimeClass": "nvidia"},
	}},
}}

denied(service, values) := findings if {
	findings := rule.deny with input as {"bundle": {"criteria": {"service": service}, "components": {"gpu-operator": {"values": values}}}}
		with data.tables as tables
}

host := {"driver": {"enabled": false}, "toolkit": {"enabled": false}, "operator": {"runtimeClass": "nvidia-container-runtime"}}

test_shapes_pass if {
	count(denied("aks", host)) == 0
	count(denied("aks", {})) == 0
}

test_mixture_fails if {
	some finding in denied("aks", {"driver": {"enabled": false}, "toolkit": {"enabled": false}})
	finding.expected == "nvidia-container-runtime"
	count(denied("aks", {"driver": {"enabled": false}})) == 2
}

test_odd_switch_fails if count(denied("aks", {"driver": {"enabled": "perhaps"}})) > 0

test_a_service_that_knows_no_such_owner_fails if {
	one := {"driver_shapes": {"chart": {"driver.enabled": true}, "services": {"aks": {"managed": {"driver.enabled": false}}}}}
	findings := rule.deny with input as {"bundle": {"criteria": {"service": "aks"}, "components": {"gpu-operator": {}}}}
		with data.tables as one
	{finding.expected | some finding in findings} == {false}
}

asked(service, components) if {
	rule.applicable with input as {"bundle": {"criteria": {"service": service}, "components": components}}
		with data.tables as tables
}

test_not_applicable_without_the_operator_or_known_shapes if {
	asked("aks", {"gpu-operator": {}})
	not asked("aks", {})
	not asked("self-managed", {"gpu-operator": {}})
}
