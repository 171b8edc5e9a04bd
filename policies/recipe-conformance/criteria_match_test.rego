package eidos.recipe_conformance.criteria_match_test

import data.eidos.recipe_conformance.criteria_match as rule

seen(values) := {
	"recipe": {"criteria": {"service": {"value": "eks"}, "intent": {"value": "training"}}},
	"answers": {"criteria": {"service": [{"value": value, "because": "The version says so."} | some value in values]}},
}

test_the_same_passes if count(rule.deny | rule.warn) == 0 with input as seen(["eks"])

test_another_fails if {
	finding_found := rule.deny with input as seen(["gke"])
	some finding in finding_found
	finding.msg == "The recipe is for service eks, and facts say gke: The version says so."
	finding.path == "recipe.criteria.service"
}

test_a_mixed_cluster_warns if {
	count(rule.deny) == 0 with input as seen(["eks", "gke"])
	finding_found := rule.warn with input as seen(["eks", "gke"])
	some finding in finding_found
	finding.actual == "eks, gke"
}

test_what_no_fact_shows_is_not_judged if {
	not rule.applicable with input as seen([])
	rule.applicable with input as seen(["eks"])
}
