package eidos.bundle_operators.driver_pinned_test

import data.eidos.bundle_operators.driver_pinned as rule

denied(driver) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": {"driver": driver}}}}}
}

test_pin_passes if {
	count(denied({"version": "580.173.02"})) == 0
	count(denied({"version": "580", "usePrecompiled": true})) == 0
	count(denied({"nvidiaDriverCRD": {"enabled": true}})) == 0
}

test_no_pin_fails if {
	some finding in denied({})
	contains(finding.msg, "is not set")
}

test_branch_alone_fails if count(denied({"version": "580"})) == 1

test_odd_values_fail if {
	count(denied({"version": "latest"})) == 1
	count(denied({"version": 580.17})) == 1
	count(denied({"version": null})) == 1
}

test_not_applicable_to_a_driver_of_the_host if {
	rule.applicable with input as {"bundle": {"components": {"gpu-operator": {"values": {}}}}}
	not rule.applicable with input as {"bundle": {"components": {"gpu-operator": {"values": {"driver": {"enabled": false}}}}}}
}
