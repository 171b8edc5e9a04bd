# METADATA
# title: What the recipe wants measured was measured, and is good enough
# description: |
#   A recipe names measurements to take after a deployment. Their results are no facts of a snapshot; they are
#   given as the parameter 'results', as numbers in the unit of the recipe.
# custom:
#   id: REC-007
#   severity: low
#   scope: recipe
#   reads: []
#   params:
#     results:
#       type: object
#       default: {}
#       description: Check name to what your site measured, for example nccl-all-reduce-bandwidth to 312, in the unit that the recipe names.
#   remediation: |
#     Run the measurement on this cluster again, and give its result:
#     eidos check --recipe recipe.yaml --params results.yaml snapshot.yaml
package eidos.recipe_conformance.checks_recorded

import data.eidos.lib.quantities

applicable if count(input.recipe.checks) > 0

warn contains finding if {
	some at, check in input.recipe.checks
	not check.name in object.keys(data.params.results)
	finding := {
		"msg": sprintf("No result of %v is given, expected %v.", [check.name, check.is]),
		"path": sprintf("recipe.checks[%v]", [at]),
		"expected": check.is,
		"key": check.name,
	}
}

deny contains finding if {
	some at, check in input.recipe.checks
	result := data.params.results[check.name]
	not good(result, check.is)
	finding := {
		"msg": sprintf("%v is %v, expected %v.", [check.name, result, check.is]),
		"path": sprintf("recipe.checks[%v]", [at]),
		"actual": result,
		"expected": check.is,
		"key": check.name,
	}
}

# `>= 300 GB/s`, `<= 5`: a bound and a number, whose unit is that of the result.
good(result, wanted) if {
	[bound, limit] := bounded(wanted)
	within(bound, quantities.number(result), limit)
}

bounded(wanted) := [match[1], to_number(match[2])] if {
	some match in regex.find_all_string_submatch_n(`^\s*(>=|<=|>|<)\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)(?:\s.*)?$`, wanted, 1)
}

within(">=", result, limit) if result >= limit

within(">", result, limit) if result > limit

within("<=", result, limit) if result <= limit

within("<", result, limit) if result < limit
