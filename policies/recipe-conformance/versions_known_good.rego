# METADATA
# title: The recipe's versions are known to have run together
# description: |
#   NVIDIA's cluster recipes pin versions that were run together. Another version is no fault by itself;
#   somebody should have tried it in this company before it comes to production.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
#     description: NVIDIA AI cluster recipes
# custom:
#   id: REC-005
#   severity: medium
#   scope: recipe
#   reads: []
#   tables: [known_good]
#   params:
#     also:
#       type: object
#       description: Component to versions that the site has run together with the rest.
#       default: {}
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Take a listed version in an overlay, or, once it has run on a test cluster, name it in the parameter
#     'also' of this rule.
package eidos.recipe_conformance.versions_known_good

known := data.tables.known_good.components

applicable if {
	some component in input.recipe.components
	component.version
}

warn contains finding if {
	some at, component in input.recipe.components
	listed := known[component.name]
	versions := array.concat(listed, object.get(data.params.also, component.name, []))
	count([version | some version in versions; plain(version) == plain(component.version)]) == 0
	finding := {
		"msg": sprintf("%v %v is not listed with the others, expected %v.", [component.name, component.version, concat(" or ", versions)]),
		"path": sprintf("recipe.components[%v]", [at]),
		"actual": component.version,
		"expected": concat(" or ", versions),
		"key": component.name,
	}
}

plain(version) := trim_prefix(sprintf("%v", [version]), "v")
