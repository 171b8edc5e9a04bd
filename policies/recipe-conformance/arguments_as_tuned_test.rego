package eidos.recipe_conformance.arguments_as_tuned_test

import data.eidos.recipe_conformance.arguments_as_tuned as rule

seen(line, gpu_nodes) := {
	"recipe": {"tuning": {"arguments": [{"set": "init_on_alloc=0"}, {"set": "hugepagesz=1G"}, {"set": "nokaslr"}]}},
	"answers": {"gpu_nodes": gpu_nodes},
	"nodes": {"n1": {"os": {"grub": line}}, "n2": {"os": {}}},
}

as_tuned := {"init_on_alloc": "0", "hugepagesz": ["1G", "2M"], "nokaslr": ""}

said(line) := found if {
	found := {finding.msg | some finding in rule.deny} with input as seen(line, ["n1"])
}

test_as_tuned_passes if {
	said(as_tuned) == set()
	said(object.union(as_tuned, {"init_on_alloc": "off"})) == set()
	count(rule.unknown) == 0 with input as seen(as_tuned, ["n1"])
}

test_another_value_fails if {
	said(object.union(as_tuned, {"init_on_alloc": "1"})) == {"init_on_alloc on the kernel line of n1 is 1, and the recipe tunes it to init_on_alloc=0."}
}

test_absent_fails if {
	said(object.remove(as_tuned, ["nokaslr"])) == {"nokaslr on the kernel line of n1 is absent, and the recipe tunes it to nokaslr."}
}

test_a_size_that_is_missing_fails if count(said(object.union(as_tuned, {"hugepagesz": "2M"}))) == 1

test_what_was_not_seen_is_unknown if {
	one_found := rule.unknown with input as seen(as_tuned, ["n2"])
	some one in one_found
	one.msg == "The kernel line of node n2 was not seen."
	none_found := rule.unknown with input as seen(as_tuned, [])
	some none in none_found
	startswith(none.msg, "No node with a GPU")
}

test_without_arguments_it_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"tuning": {}}}
	rule.applicable with input as seen({}, [])
}
