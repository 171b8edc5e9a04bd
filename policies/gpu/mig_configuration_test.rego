package eidos.gpu.mig_configuration_test

import data.eidos.gpu.mig_configuration as rule

tables := {"mig": {
	"shipped": `^all-(disabled|balanced|[1-7]g\.[0-9]+gb)$`,
	"config_map": "default-mig-parted-config",
	"capable": ["H100", "RTX PRO 6000"],
}}

facts(model, policy) := {"gpu": {"smi": {"gpu.model": model}}, "k8s": {"policy": policy}}

denied(model, policy) := findings if {
	findings := rule.deny with input as facts(model, policy) with data.tables as tables
}

test_off_passes_on_any_gpu if {
	count(denied("NVIDIA L40S", {"mig.strategy": "single", "migManager.config.default": "all-disabled"})) == 0
	count(denied("NVIDIA L40S", {})) == 0
}

test_shipped_geometry_passes if {
	count(denied("NVIDIA H100 80GB HBM3", {"migManager.config.default": "all-1g.10gb"})) == 0
	count(denied("NVIDIA RTX PRO 6000 Blackwell Server Edition", {"migManager.config.default": "all-balanced"})) == 0
}

test_unknown_name_fails if {
	some finding in denied("NVIDIA H100 80GB HBM3", {"migManager.config.default": "all-1g10gb"})
	finding.msg == `The MIG configuration "all-1g10gb" is none of those that the operator ships.`
	finding.path == `k8s.policy["migManager.config.default"]`
}

own := {"migManager.enabled": "true", "migManager.config.default": "ours", "migManager.config.name": "our-mig-config"}

asked(model, policy) if {
	rule.applicable with input as facts(model, policy) with data.tables as tables
}

test_a_config_map_of_ones_own_is_not_judged_where_nothing_is_wrong if {
	not asked("NVIDIA H100 80GB HBM3", own)
	count(denied("NVIDIA H100 80GB HBM3", own)) == 0
}

test_a_config_map_of_ones_own_gives_no_gpu_mig if {
	asked("NVIDIA L40S", own)
	count(denied("NVIDIA L40S", own)) == 1
	asked("NVIDIA H100", object.union(own, {"mig.strategy": "sngle"}))
	asked("NVIDIA H100", object.union(own, {"migManager.config.name": null}))
}

test_geometry_on_a_gpu_without_mig_fails if {
	some finding in denied("NVIDIA L40S", {"migManager.config.default": "all-balanced"})
	finding.msg == `The MIG configuration "all-balanced" is set for a NVIDIA L40S, which has no MIG.`
}

test_unknown_strategy_fails if count(denied("NVIDIA H100", {"mig.strategy": "sngle"})) == 1

test_odd_types_fail if {
	count(denied("NVIDIA H100", {"mig.strategy": null})) == 1
	count(denied("NVIDIA H100", {"migManager.config.default": 5})) == 1
	count(denied("NVIDIA H100", {"migManager.config.name": null})) == 1
	count(denied(null, {"migManager.config.default": "all-balanced"})) == 1
}

test_applicable_where_the_mig_manager_runs if {
	asked("NVIDIA H100", {"migManager.enabled": "true"})
	asked("NVIDIA H100", {"migManager.enabled": "true", "migManager.config.name": ""})
	not asked("NVIDIA H100", {"migManager.enabled": "false"})
	not asked("NVIDIA H100", {})
}
