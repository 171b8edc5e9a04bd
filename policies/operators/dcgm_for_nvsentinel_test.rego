package eidos.operators.dcgm_for_nvsentinel_test

import data.eidos.operators.dcgm_for_nvsentinel as rule

facts(policy) := {"k8s": {"image": {"nvsentinel-gpu-health-monitor": "1.167.1"}, "policy": policy}}

denied(policy) := findings if {
	findings := rule.deny with input as facts(policy)
}

test_on_passes if {
	count(denied({"dcgm.enabled": "true"})) == 0
	count(denied({"dcgm.enabled": true})) == 0
}

test_off_fails if {
	some finding in denied({"dcgm.enabled": "false"})
	finding.msg == "NVSentinel runs, but dcgm.enabled is \"false\", expected true."
	finding.path == `k8s.policy["dcgm.enabled"]`
}

test_default_is_off if count(denied({"driver.enabled": "true"})) == 1

test_odd_switch_fails if {
	count(denied({"dcgm.enabled": "perhaps"})) == 1
	count(denied({"dcgm.enabled": null})) == 1
}

test_applicable_to_nvsentinel_with_the_operator if {
	rule.applicable with input as facts({"driver.enabled": "true"})
	not rule.applicable with input as facts({})
	not rule.applicable with input as {"k8s": {"image": {}, "policy": {"driver.enabled": "true"}}}
}
