# METADATA
# title: No pod takes a GPU by setting a variable
# description: |
#   By default a container takes any GPU of its node by setting NVIDIA_VISIBLE_DEVICES, without the scheduler
#   knowing. The device plugin must hand out devices by other means, and the toolkit must refuse the variable.
#   Lists in chart values replace each other: an override that adds an entry must repeat these. Where the host
#   owns the toolkit, something on the node must write the same settings.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BOP-014
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     In the GPU Operator's values, devicePlugin.env: DEVICE_LIST_STRATEGY=cdi-cri,cdi-annotations,volume-mounts; toolkit.env:
#     ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED=false and ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS=true.
package eidos.bundle_operators.gpus_by_request_only

import data.eidos.lib.booleans
import data.eidos.lib.bundles

operator := "gpu-operator"

applicable if bundles.has(input.bundle, operator)

plugin_env := bundles.value(input.bundle, operator, ["devicePlugin", "env"], [])

toolkit_env := bundles.value(input.bundle, operator, ["toolkit", "env"], [])

runs(part) if not booleans.no(bundles.value(input.bundle, operator, [part, "enabled"], true))

strategy := object.get({entry.name: entry.value | some entry in as_list(plugin_env)}, "DEVICE_LIST_STRATEGY", "envvar")

# A variable may stand twice; the last one counts in a container, and any wrong one is told here.
deny contains {
	"msg": sprintf("The device plugin hands GPUs out by %v, which any container can set.", [json.marshal(strategy)]),
	"path": bundles.path(operator, ["devicePlugin", "env"]),
	"actual": strategy,
	"expected": "cdi-cri,cdi-annotations,volume-mounts",
} if {
	runs("devicePlugin")
	not safe
}

safe if {
	is_string(strategy)
	parts := {trim_space(part) | some part in split(strategy, ",")}
	count(parts - {"cdi-cri", "cdi-annotations", "volume-mounts"}) == 0
}

wanted := {
	"ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED": "false",
	"ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS": "true",
}

deny contains {
	"msg": sprintf("toolkit.env has no %v=%v.", [name, value]),
	"path": bundles.path(operator, ["toolkit", "env"]),
	"actual": toolkit_env,
	"expected": sprintf("%v=%v", [name, value]),
} if {
	runs("toolkit")
	some name, value in wanted
	not value in {each.value | some each in as_list(toolkit_env); each.name == name}
}

warn contains {
	"msg": "The host owns the toolkit, and nothing in the bundle makes it refuse NVIDIA_VISIBLE_DEVICES.",
	"path": bundles.path(operator, ["toolkit", "enabled"]),
	"actual": false,
	"expected": "a resource that writes the toolkit's configuration on the nodes",
} if {
	not runs("toolkit")
	count([leaf | some leaf in bundles.leaves(input.bundle); is_string(leaf.value); contains(leaf.value, "accept-nvidia-visible-devices")]) == 0
}

as_list(value) := value if is_array(value)

as_list(value) := [] if not is_array(value)
