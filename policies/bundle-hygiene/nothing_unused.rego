# METADATA
# title: Everything that the recipe says has an effect
# description: |
#   A bundler lists settings that it could not use: a setting for a kind of node that does not exist, or a
#   module that nothing loads. Whoever wrote them believes that they are in effect.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BHY-007
#   severity: medium
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Remove what is named from the overlay that says it (eidos recipe explain names its line), or set it on the nodes yourself.
package eidos.bundle_hygiene.nothing_unused

warn contains {
	"msg": sprintf("%v: nothing was made of %v: %v", [name, note.path, note.text]),
	"path": sprintf("bundle.components[%v].notes[%v]", [json.marshal(name), place]),
	"actual": note.path,
	"expected": "a recipe without it",
} if {
	some name, component in input.bundle.components
	some place, note in object.get(component, "notes", [])
	note.unused == true
}
