# METADATA
# title: Every component installs something, after what it needs
# description: |
#   A component without chart and resources installs nothing. One that depends on what is not in the bundle,
#   or not in an earlier wave, starts before what it needs.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BHY-008
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-7}
#   remediation: |
#     Remove the component from the recipe, or give it a chart or resources; put what it needs into the recipe.
package eidos.bundle_hygiene.nothing_dead

deny contains {
	"msg": sprintf("%v has neither chart nor resources.", [name]),
	"path": sprintf("bundle.components[%v]", [json.marshal(name)]),
	"actual": "nothing to install",
	"expected": "a chart, or resources",
} if {
	some name, component in input.bundle.components
	object.get(component, "chart", null) == null
	not name in {entry.component | some entry in input.bundle.objects}
}

deny contains {
	"msg": sprintf("%v needs %v, which is not in an earlier wave.", [name, needed]),
	"path": sprintf("bundle.components[%v].dependsOn", [json.marshal(name)]),
	"actual": component.wave,
	"expected": sprintf("%v in a wave before", [needed]),
} if {
	some name, component in input.bundle.components
	some needed in object.get(component, "dependsOn", [])
	not earlier(needed, component.wave)
}

earlier(name, wave) if input.bundle.components[name].wave < wave
