package eidos.recipe_conformance.versions_known_good_test

import data.eidos.recipe_conformance.versions_known_good as rule

said(version, also) := found if {
	found := {finding.msg | some finding in rule.warn} with input as {"recipe": {"components": [
		{"name": "gpu-operator", "version": version},
		{"name": "of-the-site", "version": "1.0.0"},
	]}}
		with data.params as {"also": also}
		with data.tables as {"known_good": {"components": {"gpu-operator": ["v26.7.0", "v26.7.1"]}}}
}

test_listed_passes if said("v26.7.1", {}) == set()

test_written_without_v_is_the_same if said("26.7.1", {}) == set()

test_another_warns if {
	said("v25.3.0", {}) == {"gpu-operator v25.3.0 is not listed with the others, expected v26.7.0 or v26.7.1."}
}

test_the_site_may_list_its_own if said("v25.3.0", {"gpu-operator": ["v25.3.0"]}) == set()

test_without_versions_it_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"components": [{"name": "gpu-monitoring"}]}}
	rule.applicable with input as {"recipe": {"components": [{"name": "gpu-operator", "version": "v1"}]}}
}
