package eidos.gpu.health_checks_on_test

import data.eidos.gpu.health_checks_on as rule

policy(value) := {"devicePlugin.env": sprintf(`[{"name":"DP_DISABLE_HEALTHCHECKS","value":"%v"}]`, [value])}

denied(given) := findings if {
	findings := rule.deny with input as {"k8s": {"policy": given}} with data.params as {"ignorable_xids": ["109"]}
}

warned(given) := findings if {
	findings := rule.warn with input as {"k8s": {"policy": given}} with data.params as {"ignorable_xids": ["109"]}
}

test_absent_passes if {
	count(denied({})) == 0
	count(warned({})) == 0
}

test_application_xid_passes if {
	count(denied(policy("109"))) == 0
	count(warned(policy("109"))) == 0
}

test_all_off_fails if {
	some finding in denied(policy("all"))
	finding.msg == "DP_DISABLE_HEALTHCHECKS=all switches GPU health checks off."
	count(denied(policy("109, xids"))) == 1
}

test_other_xids_warn if {
	count(denied(policy("79,109"))) == 0
	some finding in warned(policy("79,109"))
	contains(finding.msg, "no application errors: 79.")
}

test_odd_values if {
	count(denied({"devicePlugin.env": "[{"})) == 1
	count(denied({"devicePlugin.env": [{"name": "DP_DISABLE_HEALTHCHECKS", "value": 109}]})) == 0
	count(denied({"devicePlugin.env": [{"name": "DP_DISABLE_HEALTHCHECKS", "value": "ALL"}]})) == 1
}

test_applicable_where_the_device_plugin_runs if {
	rule.applicable with input as {"k8s": {"policy": {"devicePlugin.enabled": "true"}}}
	not rule.applicable with input as {"k8s": {"policy": {"devicePlugin.enabled": "false"}}}
	not rule.applicable with input as {"k8s": {"policy": {}}}
}
