# METADATA
# title: The kernel modules of GPU nodes are as the recipe tunes them
# description: |
#   A module that is built into the kernel is not among those that are loaded; name it in 'builtin'.
# custom:
#   id: REC-011
#   severity: medium
#   scope: recipe
#   reads: [nodes.os.kmod]
#   params:
#     builtin:
#       type: array
#       items: string
#       default: []
#       description: Kernel modules that are compiled into your kernel, which never show as loaded.
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Apply the recipe's tuning to the nodes that lack it, and reboot those whose kernel line changed. Or, where
#     the node is right and the recipe is not, change the tuning profile that the recipe names beside the setting.
package eidos.recipe_conformance.modules_as_tuned

import data.eidos.lib.modules

settings := object.get(input.recipe.tuning, "modules", [])

applicable if count(settings) > 0

unknown contains {"msg": "No node with a GPU was seen, and those are tuned."} if count(input.answers.gpu_nodes) == 0

deny contains finding if {
	some node in input.answers.gpu_nodes
	kmod := input.nodes[node].os.kmod
	some setting in settings
	not as_tuned(kmod, setting)
	finding := {
		"msg": sprintf("The module %v is %v on node %v, and the recipe wants it %v.", [setting.name, state(kmod, setting.name), node, setting.state]),
		"path": sprintf("nodes[%v].%v", [json.marshal(node), modules.path(setting.name)]),
		"actual": state(kmod, setting.name),
		"expected": setting.state,
	}
}

unknown contains finding if {
	some node in input.answers.gpu_nodes
	not input.nodes[node].os.kmod
	finding := {"msg": sprintf("The modules of node %v were not seen.", [node])}
}

as_tuned(kmod, setting) if {
	setting.state == "loaded"
	modules.loaded(kmod, setting.name)
}

as_tuned(kmod, setting) if {
	setting.state == "blocked"
	not modules.loaded(kmod, setting.name)
}

as_tuned(_, setting) if {
	setting.state == "loaded"
	setting.name in data.params.builtin
}

state(kmod, name) := "loaded" if modules.loaded(kmod, name)

state(kmod, name) := "not loaded" if not modules.loaded(kmod, name)
