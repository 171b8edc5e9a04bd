package eidos.operators.helm_releases_deployed_test

import data.eidos.operators.helm_releases_deployed as rule

facts(state) := {"k8s": {"helm": {"gpu-operator/gpu-operator": {"chart": "gpu-operator", "version": "v26.7.0", "status": state}}}}

denied(state) := findings if findings := rule.deny with input as facts(state)

test_deployed_passes if count(denied("deployed")) == 0

test_pending_fails if {
	some finding in denied("pending-upgrade")
	finding.msg == "Helm release gpu-operator/gpu-operator (gpu-operator v26.7.0) is pending-upgrade, expected deployed."
	finding.path == `k8s.helm["gpu-operator/gpu-operator"].status`
}

test_odd_values_fail if count(denied(null)) == 1

test_not_asked_without_helm if {
	rule.applicable with input as facts("deployed")
	not rule.applicable with input as {"k8s": {"helm": {}}}
}
