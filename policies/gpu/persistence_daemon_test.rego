package eidos.gpu.persistence_daemon_test

import data.eidos.gpu.persistence_daemon as rule

facts(mode, policy) := {"gpu": {"smi": {"gpu.persistence-mode": mode}}, "k8s": {"policy": policy}}

denied(mode) := findings if findings := rule.deny with input as facts(mode, {})

test_enabled_passes if count(denied("Enabled")) == 0

test_disabled_fails if {
	some finding in denied("Disabled")
	finding.msg == "Persistence mode is Disabled on a node whose host owns the driver."
}

test_odd_values_fail if {
	count(denied("N/A")) == 1
	count(denied(null)) == 1
	count(denied(false)) == 1
}

test_applicable_where_the_host_owns_the_driver if {
	rule.applicable with input as facts("Disabled", {})
	rule.applicable with input as facts("Disabled", {"driver.enabled": "false"})
	not rule.applicable with input as facts("Disabled", {"driver.enabled": "true"})
}
