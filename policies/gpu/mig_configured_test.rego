package eidos.gpu.mig_configured_test

import data.eidos.gpu.mig_configured as rule

facts(labels) := {"k8s": {"node": {"labels": labels}}}

denied(labels) := findings if {
	findings := rule.deny with input as facts(object.union({"nvidia.com/mig.config": "all-1g.10gb"}, labels))
}

test_done_passes if count(denied({"nvidia.com/mig.config.state": "success"})) == 0

test_failed_fails if {
	some finding in denied({"nvidia.com/mig.config.state": "failed"})
	finding.msg == "The MIG configuration all-1g.10gb is in state failed, expected success."
}

test_odd_values_fail if {
	count(denied({})) == 1
	count(denied({"nvidia.com/mig.config.state": null})) == 1
}

test_not_asked_without_mig if {
	rule.applicable with input as facts({"nvidia.com/mig.config": "all-disabled"})
	not rule.applicable with input as facts({"nvidia.com/gpu.present": "true"})
}
