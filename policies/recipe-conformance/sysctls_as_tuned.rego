# METADATA
# title: The kernel settings of GPU nodes are as the recipe tunes them
# description: |
#   A setting that the recipe has as a floor may be larger. One that was not collected from a node is
#   unknown.
# custom:
#   id: REC-010
#   severity: medium
#   scope: recipe
#   reads: [nodes.os.sysctl]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Apply the recipe's tuning to the nodes that lack it, and reboot those whose kernel line changed. Or, where
#     the node is right and the recipe is not, change the tuning profile that the recipe names beside the setting.
package eidos.recipe_conformance.sysctls_as_tuned

import data.eidos.lib.sysctls

settings := object.get(input.recipe.tuning, "sysctls", [])

applicable if count(settings) > 0

unknown contains {"msg": "No node with a GPU was seen, and those are tuned."} if count(input.answers.gpu_nodes) == 0

deny contains finding if {
	some node in input.answers.gpu_nodes
	some setting in settings
	actual := input.nodes[node].os.sysctl[path(setting.key)]
	not kept(actual, setting)
	finding := {
		"msg": sprintf("%v of node %v is %v, and the recipe tunes it to %v%v.", [setting.key, node, actual, bound(setting), setting.value]),
		"path": sprintf("nodes[%v].%v", [json.marshal(node), sysctls.path(path(setting.key))]),
		"actual": actual,
		"expected": sprintf("%v%v", [bound(setting), setting.value]),
		"fix": sprintf("sysctl -w %v='%v'", [setting.key, setting.value]),
	}
}

unknown contains finding if {
	some node in input.answers.gpu_nodes
	seen := object.get(input.nodes, [node, "os", "sysctl"], {})
	dark := sort([setting.key | some setting in settings; not path(setting.key) in object.keys(seen)])
	count(dark) > 0
	finding := {"msg": sprintf("Node %v was not asked for %v.", [node, concat(", ", dark)])}
}

path(key) := sprintf("/proc/sys/%v", [replace(key, ".", "/")])

bound(setting) := object.get({"at-least": "at least ", "at-most": "at most "}, object.get(setting, "compare", "equal"), "")

kept(actual, setting) if {
	setting.compare == "at-least"
	sysctls.integer(actual) >= sysctls.integer(setting.value)
}

kept(actual, setting) if {
	setting.compare == "at-most"
	sysctls.integer(actual) <= sysctls.integer(setting.value)
}

kept(actual, setting) if {
	object.get(setting, "compare", "equal") == "equal"
	sysctls.integer(actual) == sysctls.integer(setting.value)
}

# Some hold several numbers, between which the kernel writes tabs.
kept(actual, setting) if words(actual) == words(setting.value)

words(value) := regex.split(`\s+`, trim_space(value)) if is_string(value)
