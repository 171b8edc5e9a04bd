package eidos.bundle_operators.dra_driver_fits_test

import data.eidos.bundle_operators.dra_driver_fits as rule

denied(service, values) := findings if {
	findings := rule.deny with input as {"bundle": {"criteria": {"service": service}, "components": {"nvidia-dra-driver-gpu": {"values": values}}}}
}

named := {"nameOverride": "nvidia-dra-driver-gpu", "fullnameOverride": "nvidia-dra-driver-gpu"}

test_named_passes if {
	count(denied("self-managed", named)) == 0
	count(denied("eks", object.union(named, {"controller": {"affinity": {"nodeAffinity": null}}}))) == 0
}

test_one_name_fails if {
	some finding in denied("self-managed", {"nameOverride": "nvidia-dra-driver-gpu"})
	finding.path == `bundle.components["nvidia-dra-driver-gpu"].values.fullnameOverride`
}

test_affinity_of_the_chart_fails if count(denied("gke", named)) == 1

test_odd_values_fail if count(denied("eks", {"nameOverride": 1, "fullnameOverride": null, "controller": "x"})) == 3

test_not_applicable_without_it if {
	rule.applicable with input as {"bundle": {"components": {"nvidia-dra-driver-gpu": {}}}}
	not rule.applicable with input as {"bundle": {"components": {}}}
}
