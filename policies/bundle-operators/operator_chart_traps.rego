# METADATA
# title: The GPU Operator is set past the traps of its chart
# description: |
#   The chart renders an empty environment of the validator's plugin as null, which ClusterPolicy refuses; it
#   turns confidential computing on, which needs hardware of its own, and the plugin for Kata sandboxes, whose
#   field older definitions lack; and its memory limit of 350Mi is too small for a large cluster.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BOP-021
#   severity: medium
#   scope: bundle
#   params:
#     memory_mi:
#       type: integer
#       default: 700
#       minimum: 500
#       maximum: 65536
#       description: Smallest memory limit of the GPU Operator, in MiB, that is accepted; raise it for clusters with many nodes.
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set validator.plugin.env to at least WITH_WORKLOAD=false, ccManager.enabled=false, kataSandboxDevicePlugin.enabled=false,
#     and operator.resources.limits.memory to 700Mi or more.
package eidos.bundle_operators.operator_chart_traps

import data.eidos.lib.booleans
import data.eidos.lib.bundles
import data.eidos.lib.findings
import data.eidos.lib.quantities

operator := "gpu-operator"

applicable if bundles.has(input.bundle, operator)

env := bundles.value(input.bundle, operator, ["validator", "plugin", "env"], [])

deny contains {
	"msg": "validator.plugin.env is empty, which the chart renders as null, and ClusterPolicy refuses null.",
	"path": bundles.path(operator, ["validator", "plugin", "env"]),
	"actual": env,
	"expected": "at least one entry, such as WITH_WORKLOAD=false",
} if {
	not has_entries
}

has_entries if {
	is_array(env)
	count(env) > 0
}

computing := bundles.value(input.bundle, operator, ["ccManager", "enabled"], true)

warn contains {
	"msg": "The manager of confidential computing is on, which needs hardware and firmware of its own.",
	"path": bundles.path(operator, ["ccManager", "enabled"]),
	"actual": computing,
	"expected": false,
} if {
	not booleans.no(computing)
}

kata := bundles.value(input.bundle, operator, ["kataSandboxDevicePlugin", "enabled"], true)

warn contains {
	"msg": "The plugin for Kata sandboxes is on: Argo CD cannot compare a ClusterPolicy whose installed definition lacks its field.",
	"path": bundles.path(operator, ["kataSandboxDevicePlugin", "enabled"]),
	"actual": kata,
	"expected": false,
} if {
	not booleans.no(kata)
}

limit := bundles.value(input.bundle, operator, ["operator", "resources", "limits", "memory"], "350Mi")

enough if {
	is_string(limit)
	endswith(limit, "i")
	quantities.bytes(trim_suffix(limit, "i")) >= data.params.memory_mi * 1048576
}

deny contains {
	"msg": sprintf("The operator may use %v of memory, and is killed on a large cluster.", [findings.quoted(limit)]),
	"path": bundles.path(operator, ["operator", "resources", "limits", "memory"]),
	"actual": limit,
	"expected": sprintf(">= %vMi", [data.params.memory_mi]),
} if {
	not enough
}
