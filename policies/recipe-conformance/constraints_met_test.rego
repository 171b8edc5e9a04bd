package eidos.recipe_conformance.constraints_met_test

import data.eidos.recipe_conformance.constraints_met as rule

answer(status, nodes) := {
	"named": "K8s.server.version",
	"wanted": ">= 1.32",
	"status": status,
	"said": "K8s.server.version is \"v1.30.14\", and must be >= 1.32.",
	"nodes": nodes,
	"remediation": "Upgrade.",
}

answers(given) := {"answers": {"constraints": given}}

test_met_passes if {
	count(((rule.deny | rule.warn) | rule.unknown)) == 0 with input as answers([answer("pass", [])])
}

test_violated_fails_with_its_place_and_what_to_do if {
	finding_found := rule.deny with input as answers([answer("pass", []), answer("fail", [])])
	some finding in finding_found
	finding.path == "recipe.constraints[1]"
	finding.fix == "Upgrade."
	finding.msg == "K8s.server.version is \"v1.30.14\", and must be >= 1.32."
}

test_warning_warns if {
	count(rule.warn) == 1 with input as answers([answer("warn", [])])
	count(rule.deny) == 0 with input as answers([answer("warn", [])])
}

test_missing_fact_is_unknown if {
	count(rule.unknown) == 1 with input as answers([answer("unknown", [])])
	count(rule.unknown) == 1 with input as answers([answer("error", [])])
}

test_nodes_are_named if {
	one_found := rule.deny with input as answers([answer("fail", ["a"])])
	some one in one_found
	endswith(one.msg, " (on a)")
	many_found := rule.deny with input as answers([answer("fail", ["a", "b", "c", "d"])])
	some many in many_found
	endswith(many.msg, " (on a, b, c and 1 more)")
}

test_without_constraints_is_not_applicable if {
	not rule.applicable with input as answers([])
	rule.applicable with input as answers([answer("pass", [])])
}
