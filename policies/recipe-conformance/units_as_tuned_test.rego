package eidos.recipe_conformance.units_as_tuned_test

import data.eidos.recipe_conformance.units_as_tuned as rule

setting := {"unit": "containerd.service", "property": "LimitSTACK", "value": "67108864"}

seen(settings, unit, gpu_nodes) := {
	"recipe": {"tuning": {"units": settings}},
	"answers": {"gpu_nodes": gpu_nodes},
	"nodes": {"n1": {"systemd": {"containerd.service": object.union({"LoadState": "loaded"}, unit)}}, "n2": {}},
}

said(settings, unit) := found if {
	found := {finding.msg | some finding in rule.deny} with input as seen(settings, unit, ["n1"])
}

test_as_tuned_passes if {
	said([setting], {"LimitSTACK": 67108864}) == set()
	said([setting], {"LimitSTACK": "134217728"}) == set()
	said([setting], {"LimitSTACK": "infinity"}) == set()
	said([object.union(setting, {"property": "TasksMax", "value": "infinity"})], {"TasksMax": "18446744073709551615"}) == set()
	said([object.union(setting, {"property": "Delegate", "value": "yes"})], {"Delegate": "yes"}) == set()
}

test_too_small_fails if {
	said([setting], {"LimitSTACK": "8388608"}) == {"LimitSTACK of containerd.service on node n1 is 8388608, and the recipe tunes it to 67108864."}
}

test_absent_fails if count(said([setting], {})) == 1

test_another_unit_is_unknown if {
	one_found := rule.unknown with input as seen([object.union(setting, {"unit": "kubelet.service"})], {}, ["n1"])
	some one in one_found
	one.msg == "Only containerd.service is held against a recipe, not LimitSTACK of kubelet.service."
}

test_what_was_not_seen_is_unknown if {
	one_found := rule.unknown with input as seen([setting], {}, ["n2"])
	some one in one_found
	one.msg == "containerd.service of node n2 was not seen."
	none_found := rule.unknown with input as seen([setting], {}, [])
	some none in none_found
	startswith(none.msg, "No node with a GPU")
}

test_without_units_it_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"tuning": {}}}
	rule.applicable with input as seen([setting], {}, [])
}
