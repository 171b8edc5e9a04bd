package eidos.supply_chain.pull_policy_fits_pinning_test

import data.eidos.supply_chain.pull_policy_fits_pinning as rule

facts(pull, version) := {"k8s": {"policy": {"driver.imagePullPolicy": pull, "driver.version": version}}}

denied(pull, version) := findings if {
	findings := rule.deny with input as facts(pull, version) with data.params as {"mutable": ["latest"]}
}

warned(pull, version) := findings if {
	findings := rule.warn with input as facts(pull, version) with data.params as {"mutable": ["latest"]}
}

test_fixed_version_passes if {
	count(denied("IfNotPresent", "580.82.07")) == 0
	count(warned("IfNotPresent", "580.82.07")) == 0
}

test_moving_version_with_always_passes if {
	count(denied("Always", "latest")) == 0
	count(warned("Always", "latest")) == 0
}

test_default_passes if count(denied("", "580.82.07")) == 0

test_never_fails if {
	some finding in denied("Never", "580.82.07")
	finding.msg == "driver has the pull policy \"Never\", expected IfNotPresent."
	finding.path == `k8s.policy["driver.imagePullPolicy"]`
}

test_moving_version_fails if count(denied("IfNotPresent", "Latest")) == 1

test_needless_pull_warns if {
	count(denied("Always", "580.82.07")) == 0
	count(warned("Always", "580.82.07")) == 1
}

test_digest_with_always_passes if count(warned("Always", "sha256:aa")) == 0

test_odd_values_fail if {
	count(denied(null, "580.82.07")) == 1
	count(denied("ifnotpresent", "580.82.07")) == 1
	count(denied(true, null)) == 1
}

test_no_operands_is_not_applicable if {
	not rule.applicable with input as {"k8s": {"policy": {}}}
	rule.applicable with input as facts("Always", "1")
}
