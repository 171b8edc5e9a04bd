package eidos.bundle_operators.compute_domains_counted_test

import data.eidos.bundle_operators.compute_domains_counted as rule

denied(spec) := findings if {
	findings := rule.deny with input as {"bundle": {"objects": [{"object": {"apiVersion": "resource.nvidia.com/v1beta1", "kind": "ComputeDomain", "metadata": {"name": "d"}, "spec": spec}}]}}
}

test_zero_passes if count(denied({"numNodes": 0})) == 0

test_absent_fails if {
	some finding in denied({})
	contains(finding.msg, "absent")
}

test_fixed_number_fails if count(denied({"numNodes": 18})) == 1

test_odd_values_fail if {
	count(denied({"numNodes": "0"})) == 1
	count(denied(null)) == 1
}
