package eidos.recipe_conformance.sysctls_as_tuned_test

import data.eidos.recipe_conformance.sysctls_as_tuned as rule

settings := [
	{"key": "vm.max_map_count", "value": 262144, "compare": "at-least"},
	{"key": "vm.swappiness", "value": 10, "compare": "at-most"},
	{"key": "kernel.numa_balancing", "value": 0, "compare": "equal"},
	{"key": "net.ipv4.tcp_rmem", "value": "4096 131072 6291456"},
]

seen(values, gpu_nodes) := {
	"recipe": {"tuning": {"sysctls": settings}},
	"answers": {"gpu_nodes": gpu_nodes},
	"nodes": {"n1": {"os": {"sysctl": values}}, "n2": {}},
}

as_tuned := {
	"/proc/sys/vm/max_map_count": "524288",
	"/proc/sys/vm/swappiness": "1",
	"/proc/sys/kernel/numa_balancing": "0",
	"/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456",
}

said(values) := found if {
	found := {finding.msg | some finding in rule.deny} with input as seen(values, ["n1"])
}

test_as_tuned_passes if {
	said(as_tuned) == set()
	count(rule.unknown) == 0 with input as seen(as_tuned, ["n1"])
}

test_exactly_the_floor_passes if said(object.union(as_tuned, {"/proc/sys/vm/max_map_count": "262144"})) == set()

test_too_small_fails if {
	said(object.union(as_tuned, {"/proc/sys/vm/max_map_count": "65530"})) == {"vm.max_map_count of node n1 is 65530, and the recipe tunes it to at least 262144."}
}

test_too_large_fails if count(said(object.union(as_tuned, {"/proc/sys/vm/swappiness": "60"}))) == 1

test_other_words_fail if count(said(object.union(as_tuned, {"/proc/sys/net/ipv4/tcp_rmem": "4096 1 2"}))) == 1

test_garbage_fails if count(said(object.union(as_tuned, {"/proc/sys/vm/max_map_count": null}))) == 1

test_what_was_not_seen_is_unknown if {
	one_found := rule.unknown with input as seen(object.remove(as_tuned, ["/proc/sys/vm/swappiness"]), ["n1"])
	some one in one_found
	one.msg == "Node n1 was not asked for vm.swappiness."
	other_found := rule.unknown with input as seen(as_tuned, ["n2"])
	some other in other_found
	contains(other.msg, "Node n2 was not asked for")
	none_found := rule.unknown with input as seen(as_tuned, [])
	some none in none_found
	startswith(none.msg, "No node with a GPU")
}

test_without_sysctls_it_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"tuning": {}}}
	rule.applicable with input as seen({}, [])
}
