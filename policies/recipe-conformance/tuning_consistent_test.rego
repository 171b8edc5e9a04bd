package eidos.recipe_conformance.tuning_consistent_test

import data.eidos.recipe_conformance.tuning_consistent as rule

tuned(tuning) := {"recipe": {"tuning": tuning}}

test_one_value_each_passes if {
	count(rule.deny | rule.warn) == 0 with input as tuned({
		"arguments": [{"set": "nokaslr"}, {"set": "iommu.passthrough=1"}],
		"sysctls": [{"key": "vm.max_map_count", "value": 262144}],
		"modules": [{"name": "ib_umad", "state": "loaded"}],
		"units": [{"unit": "containerd.service", "property": "LimitSTACK", "value": "67108864"}],
	})
}

test_two_values_fail if {
	finding_found := rule.deny with input as tuned({"sysctls": [
		{"key": "vm.swappiness", "value": 1},
		{"key": "vm.swappiness", "value": 60},
	]})
	some finding in finding_found
	finding.msg == "vm.swappiness is tuned to 1 and to 60."
	finding.path == "recipe.tuning.sysctls[1]"
}

test_huge_pages_are_a_list if {
	count(rule.deny) == 0 with input as tuned({"arguments": [
		{"set": "hugepagesz=1G"},
		{"set": "hugepages=16"},
		{"set": "hugepagesz=2M"},
		{"set": "hugepages=5128"},
	]})
}

test_what_hardening_wants_otherwise_warns if {
	finding_found := rule.warn with input as tuned({"arguments": [{"set": "init_on_alloc=0", "conflicts": ["OS-010"], "because": "Faster."}]})
	some finding in finding_found
	finding.msg == "init_on_alloc is tuned to 0 against OS-010: Faster."
}

test_without_tuning_it_is_not_applicable if {
	not rule.applicable with input as tuned({})
	rule.applicable with input as tuned({"arguments": [{"set": "nokaslr"}]})
}
