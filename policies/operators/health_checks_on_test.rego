package eidos.operators.health_checks_on_test

import data.eidos.operators.health_checks_on as rule

denied(env) := findings if {
	findings := rule.deny with input as {"k8s": {"policy": {"devicePlugin.env": env}}}
		with data.params as {"harmful": ["all", "xids"]}
}

test_absent_passes if {
	findings := rule.deny with input as {"k8s": {"policy": {}}} with data.params as {"harmful": ["all", "xids"]}
	count(findings) == 0
}

test_single_xid_passes if count(denied(`[{"name":"DP_DISABLE_HEALTHCHECKS","value":"109"}]`)) == 0

test_other_variables_pass if count(denied(`[{"name":"DEVICE_LIST_STRATEGY","value":"volume-mounts"}]`)) == 0

test_all_fails if {
	some finding in denied(`[{"name":"DP_DISABLE_HEALTHCHECKS","value":"all"}]`)
	finding.msg == "DP_DISABLE_HEALTHCHECKS of the device plugin is all, expected single XIDs or nothing."
	finding.path == `k8s.policy["devicePlugin.env"]`
}

test_all_among_others_fails if count(denied([{"name": "DP_DISABLE_HEALTHCHECKS", "value": "109, XIDS"}])) == 1

test_odd_values_fail if {
	count(denied("[{")) == 1
	count(denied(7)) == 1
	count(denied([{"name": "DP_DISABLE_HEALTHCHECKS", "value": 109}])) == 1
}

test_without_operator_is_not_applicable if {
	not rule.applicable with input as {"k8s": {"policy": {}}}
	rule.applicable with input as {"k8s": {"policy": {"devicePlugin.env": "[]"}}}
}
