package eidos.gpu.mig_driver_range_test

import data.eidos.gpu.mig_driver_range as rule

denied(driver) := findings if {
	findings := rule.deny with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"broken": [{"first": "570.124.06", "last": "570.158.01"}]}
}

test_outside_passes if {
	count(denied("570.86.15")) == 0
	count(denied("570.172.08")) == 0
	count(denied("580.82.07")) == 0
}

test_both_ends_fail if {
	count(denied("570.124.06")) == 1
	count(denied("570.158.01")) == 1
}

test_inside_fails if {
	some finding in denied("570.133.20")
	finding.msg == "Driver 570.133.20 is within 570.124.06 to 570.158.01, which break MIG strategy mixed."
}

test_what_is_no_version_fails if {
	count(denied(570.133)) == 1
	count(denied("N/A")) == 1
}

test_applicable_with_strategy_mixed if {
	rule.applicable with input as {"k8s": {"policy": {"mig.strategy": "mixed"}}}
	not rule.applicable with input as {"k8s": {"policy": {"mig.strategy": "single"}}}
	not rule.applicable with input as {"k8s": {"policy": {}}}
}
