# METADATA
# title: The recipe's versions are known to have run together
# description: |
#   NVIDIA's cluster recipes pin versions that were run together. Another version is not wrong by itself, but
#   somebody in your company should try it before it comes to production. Components that no list has are
#   named; if none is listed, whether they run together is unknown.
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
#       default: {}
#       description: Component to a list of versions that your site has run together with the rest; add one after a test.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Take a listed version in an overlay, or, once it has run on a test cluster, name it in the parameter
#     'also' of this rule.
package eidos.recipe_conformance.versions_known_good

versioned contains {"at": at, "component": component} if {
	some at, component in input.recipe.components
	component.version
}

applicable if count(versioned) > 0

listed(name) := array.concat(
	object.get(data.tables.known_good.components, name, []),
	object.get(data.params.also, name, []),
)

unlisted contains each if {
	some each in versioned
	count(listed(each.component.name)) == 0
}

warn contains finding if {
	some each in versioned
	versions := listed(each.component.name)
	count(versions) > 0
	count([version | some version in versions; plain(version) == plain(each.component.version)]) == 0
	wanted := concat(" or ", versions)
	finding := object.union(found(each, wanted), {
		"msg": sprintf("%v %v is not listed with the others, expected %v.", [each.component.name, each.component.version, wanted]),
	})
}

warn contains finding if {
	some each in unlisted
	finding := object.union(found(each, "a listed component"), {
		"msg": sprintf("%v %v: no version of it is listed with the others.", [each.component.name, each.component.version]),
	})
}

unknown contains {"msg": "none of the recipe's components is listed (table known_good, parameter also of REC-005)"} if {
	count(unlisted) == count(versioned)
}

found(each, wanted) := {
	"path": sprintf("recipe.components[%v]", [each.at]),
	"actual": each.component.version,
	"expected": wanted,
	"key": each.component.name,
}

plain(version) := trim_prefix(sprintf("%v", [version]), "v")
