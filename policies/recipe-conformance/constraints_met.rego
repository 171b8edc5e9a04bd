# METADATA
# title: The cluster meets the recipe's constraints
# description: |
#   Each constraint of the recipe is asked of the cluster, or of the nodes that it is about, in the way in
#   which 'eidos recipe' asks it. One whose fact was not collected is unknown, and never passed over.
# custom:
#   id: REC-001
#   severity: high
#   scope: recipe
#   reads: []
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Do what the finding says, or choose a recipe that fits this cluster:
#     eidos recipe explain --snapshot snapshot.yaml
package eidos.recipe_conformance.constraints_met

applicable if count(input.answers.constraints) > 0

deny contains finding if {
	some at, answer in input.answers.constraints
	answer.status == "fail"
	finding := told(at, answer)
}

warn contains finding if {
	some at, answer in input.answers.constraints
	answer.status == "warn"
	finding := told(at, answer)
}

unknown contains finding if {
	some at, answer in input.answers.constraints
	answer.status in {"unknown", "error"}
	finding := told(at, answer)
}

told(at, answer) := {
	"msg": sprintf("%v%v", [answer.said, on(answer.nodes)]),
	"path": sprintf("recipe.constraints[%v]", [at]),
	"expected": sprintf("%v %v", [answer.named, answer.wanted]),
	"fix": answer.remediation,
	"key": sprintf("%v %v", [answer.named, answer.wanted]),
}

on(nodes) := "" if count(nodes) == 0

on(nodes) := sprintf(" (on %v)", [concat(", ", array.slice(nodes, 0, 3))]) if count(nodes) in {1, 2, 3}

on(nodes) := sprintf(" (on %v and %v more)", [concat(", ", array.slice(nodes, 0, 3)), count(nodes) - 3]) if count(nodes) > 3
