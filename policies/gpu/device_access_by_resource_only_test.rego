package eidos.gpu.device_access_by_resource_only_test

import data.eidos.gpu.device_access_by_resource_only as rule

variable := "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED"

denied(policy) := findings if findings := rule.deny with input as {"k8s": {"policy": policy}}

test_refused_passes if {
	count(denied({"toolkit.env": sprintf(`[{"name":"%v","value":"false"}]`, [variable])})) == 0
}

test_refused_in_a_typed_list_passes if count(denied({"toolkit.env": [{"name": variable, "value": false}]})) == 0

test_accepted_fails if {
	some finding in denied({"toolkit.env": sprintf(`[{"name":"%v","value":"true"}]`, [variable])})
	contains(finding.msg, "WHEN_UNPRIVILEGED=true")
	finding.path == `k8s.policy["toolkit.env"]`
}

test_absent_is_accepted if {
	some finding in denied({})
	startswith(finding.msg, "The toolkit does not set ACCEPT_NVIDIA")
	count(denied({})) == 1
	count(denied({"toolkit.env": `[{"name":"A","value":"b"}]`})) == 1
	count(denied({"toolkit.env": ""})) == 1
}

test_odd_values_fail if {
	count(denied({"toolkit.env": "[{"})) == 1
	count(denied({"toolkit.env": 5})) == 1
	count(denied({"toolkit.env": [{"name": variable, "value": "perhaps"}]})) == 1
}

test_applicable_where_the_operator_installs_the_toolkit if {
	rule.applicable with input as {"k8s": {"policy": {"toolkit.enabled": "true"}}}
	not rule.applicable with input as {"k8s": {"policy": {"toolkit.enabled": "false"}}}
	not rule.applicable with input as {"k8s": {"policy": {}}}
}
