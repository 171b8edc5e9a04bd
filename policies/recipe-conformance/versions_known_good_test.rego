package eidos.recipe_conformance.versions_known_good_test

import data.eidos.recipe_conformance.versions_known_good as rule

tables := {"known_good": {"components": {"gpu-operator": ["v26.7.0", "v26.7.1"]}}}

recipe(version) := {"recipe": {"components": [
	{"name": "gpu-monitoring"},
	{"name": "gpu-operator", "version": version},
	{"name": "of-the-site", "version": "1.0.0"},
]}}

said(version, also) := found if {
	found := {finding.msg | some finding in rule.warn} with input as recipe(version)
		with data.params as {"also": also}
		with data.tables as tables
}

own := {"of-the-site": ["1.0.0"]}

test_listed_passes if said("v26.7.1", own) == set()

test_written_without_v_is_the_same if said("26.7.1", own) == set()

test_another_warns if {
	said("v25.3.0", own) == {"gpu-operator v25.3.0 is not listed with the others, expected v26.7.0 or v26.7.1."}
}

test_the_site_may_list_its_own if {
	said("v25.3.0", object.union(own, {"gpu-operator": ["v25.3.0"]})) == set()
	said("v26.7.1", {"of-the-site": ["2.0.0"]}) == {"of-the-site 1.0.0 is not listed with the others, expected 2.0.0."}
}

test_a_component_that_nobody_lists_is_named if {
	said("v26.7.1", {}) == {"of-the-site 1.0.0: no version of it is listed with the others."}
}

unknown(components, also) := count(findings) if {
	findings := rule.unknown with input as {"recipe": {"components": components}}
		with data.params as {"also": also}
		with data.tables as tables
}

test_where_none_is_listed_it_is_unknown if {
	unknown([{"name": "of-the-site", "version": "1.0.0"}, {"name": "gpu-operator"}], {}) == 1
	unknown([{"name": "of-the-site", "version": "1.0.0"}], own) == 0
	unknown([{"name": "of-the-site", "version": "1.0.0"}, {"name": "gpu-operator", "version": "v1"}], {}) == 0
}

test_without_versions_it_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"components": [{"name": "gpu-monitoring"}]}}
	rule.applicable with input as {"recipe": {"components": [{"name": "gpu-operator", "version": "v1"}]}}
}
