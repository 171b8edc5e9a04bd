# METADATA
# title: The kernel lines of GPU nodes are as the recipe tunes them
# description: |
#   An argument that may stand on the line more than once (hugepagesz) must be there with the recipe's value;
#   of any other the last one counts, as it does for the kernel.
# custom:
#   id: REC-009
#   severity: medium
#   scope: recipe
#   reads: [nodes.os.grub]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Apply the recipe's tuning to the nodes that lack it, and reboot those whose kernel line changed. Or, where
#     the node is right and the recipe is not, change the tuning profile that the recipe names beside the setting.
package eidos.recipe_conformance.arguments_as_tuned

import data.eidos.lib.kernel_args

settings := object.get(input.recipe.tuning, "arguments", [])

applicable if count(settings) > 0

unknown contains {"msg": "No node with a GPU was seen, and those are tuned."} if count(input.answers.gpu_nodes) == 0

deny contains finding if {
	some at, setting in settings
	some node in input.answers.gpu_nodes
	args := input.nodes[node].os.grub
	[name, value] := stated(setting.set)
	not said(args, name, value)
	finding := {
		"msg": sprintf("%v on the kernel line of %v is %v, and the recipe tunes it to %v.", [name, node, shown(args, name), setting.set]),
		"path": sprintf("nodes[%v].%v", [json.marshal(node), kernel_args.path(args, name)]),
		"actual": shown(args, name),
		"expected": setting.set,
		"key": sprintf("%v %v %v", [node, at, name]),
	}
}

unknown contains finding if {
	some node in input.answers.gpu_nodes
	not input.nodes[node].os.grub
	finding := {"msg": sprintf("The kernel line of node %v was not seen.", [node])}
}

stated(argument) := [parts[0], concat("=", array.slice(parts, 1, count(parts)))] if parts := split(argument, "=")

repeated := {"hugepagesz", "hugepages", "console", "pci", "module_blacklist"}

said(args, name, value) if {
	name in repeated
	value in kernel_args.values(args, name)
}

said(args, name, value) if kernel_args.last(args, name) == value

# init_on_alloc=off is init_on_alloc=0.
said(args, name, value) if kernel_args.boolean(args, name) == kernel_args.boolean({name: value}, name)

shown(args, name) := "absent" if not kernel_args.present(args, name)

shown(args, name) := concat(", ", kernel_args.values(args, name)) if kernel_args.present(args, name)
