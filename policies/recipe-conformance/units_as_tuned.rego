# METADATA
# title: The units of GPU nodes are as the recipe tunes them
# description: |
#   Properties of containerd.service are held against the recipe; those of other units are not collected
#   everywhere, and unknown. A limit may be larger than the recipe's, or infinite.
# custom:
#   id: REC-012
#   severity: medium
#   scope: recipe
#   reads: ['nodes.systemd["containerd.service"]']
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Apply the recipe's tuning to the nodes that lack it, and reboot those whose kernel line changed. Or, where
#     the node is right and the recipe is not, change the tuning profile that the recipe names beside the setting.
package eidos.recipe_conformance.units_as_tuned

import data.eidos.lib.sysctls
import data.eidos.lib.units

settings := object.get(input.recipe.tuning, "units", [])

applicable if count(settings) > 0

unknown contains {"msg": "No node with a GPU was seen, and those are tuned."} if count(input.answers.gpu_nodes) == 0

deny contains finding if {
	some node in input.answers.gpu_nodes
	unit := input.nodes[node].systemd["containerd.service"]
	units.loaded(unit)
	some setting in settings
	setting.unit == "containerd.service"
	actual := object.get(unit, setting.property, "absent")
	not kept(actual, setting)
	finding := {
		"msg": sprintf("%v of containerd.service on node %v is %v, and the recipe tunes it to %v.", [setting.property, node, actual, setting.value]),
		"path": sprintf("nodes[%v].%v", [json.marshal(node), units.path("containerd.service", setting.property)]),
		"actual": actual,
		"expected": setting.value,
	}
}

unknown contains finding if {
	others := sort([sprintf("%v of %v", [setting.property, setting.unit]) | some setting in settings; setting.unit != "containerd.service"])
	count(others) > 0
	finding := {"msg": sprintf("Only containerd.service is held against a recipe, not %v.", [concat(", ", others)])}
}

unknown contains finding if {
	some node in input.answers.gpu_nodes
	not seen(node)
	finding := {"msg": sprintf("containerd.service of node %v was not seen.", [node])}
}

seen(node) if units.loaded(input.nodes[node].systemd["containerd.service"])

kept(actual, setting) if sprintf("%v", [actual]) == setting.value

kept(actual, setting) if {
	startswith(setting.property, "Limit")
	units.infinite(actual)
}

kept(actual, setting) if {
	startswith(setting.property, "Limit")
	sysctls.integer(actual) >= sysctls.integer(setting.value)
}

kept(actual, setting) if {
	units.infinite(actual)
	units.infinite(setting.value)
}
