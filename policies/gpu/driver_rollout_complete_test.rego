package eidos.gpu.driver_rollout_complete_test

import data.eidos.gpu.driver_rollout_complete as rule

facts(driver, policy) := {"gpu": {"smi": {"driver": driver}}, "k8s": {"policy": policy}}

denied(driver, declared) := findings if {
	findings := rule.deny with input as facts(driver, {"driver.version": declared})
}

test_same_passes if count(denied("580.82.07", "580.82.07")) == 0

test_suffix_of_the_image_does_not_matter if count(denied("580.82.07", "580.82.07-ubuntu22.04")) == 0

test_other_version_fails if {
	some finding in denied("580.82.07", "580.159.03")
	finding.msg == "The node runs driver 580.82.07, but the ClusterPolicy declares 580.159.03."
	finding.expected == "580.159.03"
}

test_branch_of_a_precompiled_driver_passes if {
	count(denied("580.82.07", "580")) == 0
	count(denied("580.82.07", "580-6.8.0-1028-aws")) == 0
	count(denied("570.133.20", "580")) == 1
}

test_what_is_no_version_fails if {
	count(denied("580.82.07", "sha256:0123")) == 1
	count(denied(580, "580.82.07")) == 1
}

test_applicable_where_the_policy_declares_a_driver if {
	rule.applicable with input as facts("1", {"driver.enabled": "true", "driver.version": "580.82.07"})
	not rule.applicable with input as facts("1", {"driver.enabled": "false", "driver.version": "580.82.07"})
	not rule.applicable with input as facts("1", {"driver.enabled": "true"})
	not rule.applicable with input as facts("1", {"driver.enabled": "true", "driver.version": ""})
	not rule.applicable with input as facts("1", {
		"driver.enabled": "true",
		"driver.version": "580.82.07",
		"driver.useNvidiaDriverCRD": "true",
	})
}
