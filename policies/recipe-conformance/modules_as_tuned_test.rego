package eidos.recipe_conformance.modules_as_tuned_test

import data.eidos.recipe_conformance.modules_as_tuned as rule

seen(kmod, gpu_nodes) := {
	"recipe": {"tuning": {"modules": [{"name": "ib_umad", "state": "loaded"}, {"name": "nouveau", "state": "blocked"}]}},
	"answers": {"gpu_nodes": gpu_nodes},
	"nodes": {"n1": {"os": {"kmod": kmod}}, "n2": {"os": {}}},
}

said(kmod, builtin) := found if {
	found := {finding.msg | some finding in rule.deny} with input as seen(kmod, ["n1"])
		with data.params as {"builtin": builtin}
}

test_as_tuned_passes if said({"ib_umad": true}, []) == set()

test_built_in_passes if said({}, ["ib_umad"]) == set()

test_missing_fails if said({}, []) == {"The module ib_umad is not loaded on node n1, and the recipe wants it loaded."}

test_blocked_and_loaded_fails if {
	said({"ib_umad": true, "nouveau": true}, []) == {"The module nouveau is loaded on node n1, and the recipe wants it blocked."}
}

test_what_was_not_seen_is_unknown if {
	one_found := rule.unknown with input as seen({}, ["n2"])
	some one in one_found
	one.msg == "The modules of node n2 were not seen."
	none_found := rule.unknown with input as seen({}, [])
	some none in none_found
	startswith(none.msg, "No node with a GPU")
}

test_without_modules_it_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"tuning": {}}}
	rule.applicable with input as seen({}, [])
}
