package eidos.lib.cluster_policies_test

import data.eidos.lib.cluster_policies

test_present if cluster_policies.present({"driver.enabled": "true"})

test_of_kyverno_is_not_present if {
	not cluster_policies.present({"validationFailureAction": "Enforce", "rules": "[]"})
	not cluster_policies.present({})
}

test_switched if {
	cluster_policies.switched({"driver.enabled": "true"}, "driver.enabled", false) == true
	cluster_policies.switched({"driver.enabled": false}, "driver.enabled", true) == false
}

test_default if {
	cluster_policies.switched({}, "driver.enabled", true) == true
	cluster_policies.switched({}, "dcgm.enabled", false) == false
}

test_neither_is_undefined if {
	policy := {"driver.enabled": "perhaps", "toolkit.enabled": null}
	not either_understood(policy)
}

either_understood(policy) if cluster_policies.switched(policy, "driver.enabled", true) in {true, false}

either_understood(policy) if cluster_policies.switched(policy, "toolkit.enabled", true) in {true, false}

test_path if cluster_policies.path("driver.enabled") == `k8s.policy["driver.enabled"]`

test_runs if cluster_policies.runs({"driver.enabled": "true"}, "driver")

test_runs_by_default if cluster_policies.runs({"driver.version": "580.82.07"}, "driver")

test_what_is_not_understood_runs if cluster_policies.runs({"driver.enabled": null}, "driver")

test_disabled_does_not_run if {
	not cluster_policies.runs({"driver.enabled": "false", "driver.version": "580.82.07"}, "driver")
	not cluster_policies.runs({"driver.enabled": false}, "driver")
}

test_other_component_does_not_run if not cluster_policies.runs({"driverManager.enabled": "true"}, "driver")

test_nothing_runs_without_operator if not cluster_policies.runs({}, "driver")
