# METADATA
# title: The recipe's components have versions, and an order that leads somewhere
# description: |
#   A recipe that was resolved holds; one that was edited, or written by another tool, may not: every
#   component with a chart has a version, what it depends on is there, and is deployed before it.
# custom:
#   id: REC-003
#   severity: high
#   scope: recipe
#   reads: []
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Resolve the recipe again instead of editing it, and put what must be different into an overlay:
#     eidos recipe explain
package eidos.recipe_conformance.order_resolves

import data.eidos.lib.versions

applicable if count(input.recipe.components) > 0

waves[name] contains component.wave if {
	some component in input.recipe.components
	name := component.name
}

deny contains finding if {
	some at, component in input.recipe.components
	component.chart
	version := object.get(component, "version", "none")
	not versions.readable(version)
	finding := about(at, component.name, sprintf("%v has the version %v, which names no release.", [component.name, version]))
}

deny contains finding if {
	some at, component in input.recipe.components
	some needed in component.dependsOn
	not waves[needed]
	finding := about(at, sprintf("%v %v", [component.name, needed]), sprintf("%v depends on %v, which the recipe does not have.", [component.name, needed]))
}

deny contains finding if {
	some at, component in input.recipe.components
	some needed in component.dependsOn
	some wave in waves[needed]
	wave >= component.wave
	finding := about(at, sprintf("%v %v", [component.name, needed]), sprintf("%v depends on %v and is not deployed after it: their waves are %v and %v.", [component.name, needed, component.wave, wave]))
}

deny contains finding if {
	some at, component in input.recipe.components
	some before, other in input.recipe.components
	before < at
	other.name == component.name
	finding := about(at, component.name, sprintf("%v is there twice.", [component.name]))
}

about(at, key, msg) := {
	"msg": msg,
	"path": sprintf("recipe.components[%v]", [at]),
	"key": key,
}
