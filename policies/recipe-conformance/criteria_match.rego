# METADATA
# title: The recipe is for this kind of cluster
# description: |
#   What the pack 'selection' reads out of facts is held against the criteria of the recipe. What no fact
#   shows (intent, platform) is taken as it was given.
# custom:
#   id: REC-002
#   severity: medium
#   scope: recipe
#   reads: []
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Resolve the recipe again, from a snapshot of this cluster:
#     eidos recipe --snapshot snapshot.yaml -o yaml=recipe.yaml
package eidos.recipe_conformance.criteria_match

applicable if count(shown) > 0

shown contains name if {
	some name, _ in input.recipe.criteria
	count(object.get(input.answers.criteria, name, [])) > 0
}

values(name) := {each.value | some each in input.answers.criteria[name]}

deny contains finding if {
	some name in shown
	wanted := input.recipe.criteria[name].value
	not wanted in values(name)
	finding := {
		"msg": sprintf("The recipe is for %v %v, and facts say %v: %v", [name, wanted, said(name), because(name)]),
		"path": sprintf("recipe.criteria.%v", [name]),
		"actual": said(name),
		"expected": wanted,
		"key": name,
	}
}

warn contains finding if {
	some name in shown
	wanted := input.recipe.criteria[name].value
	wanted in values(name)
	count(values(name)) > 1
	finding := {
		"msg": sprintf("The recipe is for %v %v, and facts show %v: part of the cluster is of another kind.", [name, wanted, said(name)]),
		"path": sprintf("recipe.criteria.%v", [name]),
		"actual": said(name),
		"expected": wanted,
		"key": name,
	}
}

said(name) := concat(", ", sort(values(name)))

because(name) := input.answers.criteria[name][0].because
