package eidos.gpu.fabric_manager_runs_test

import data.eidos.gpu.fabric_manager_runs as rule

facts(load, active) := {"systemd": {"nvidia-fabricmanager.service": {"LoadState": load, "ActiveState": active}}}

denied(active) := findings if findings := rule.deny with input as facts("loaded", active)

test_active_passes if count(denied("active")) == 0

test_ended_fails if {
	some finding in denied("failed")
	finding.msg == "The fabric manager is failed, expected active."
	finding.path == `systemd["nvidia-fabricmanager.service"].ActiveState`
}

test_odd_values_fail if count(denied(null)) == 1

test_not_asked_where_there_is_none if {
	rule.applicable with input as facts("loaded", "active")
	not rule.applicable with input as facts("not-found", "inactive")
}
