# METADATA
# title: The device plugin watches GPU health
# description: |
#   The device plugin takes a GPU with a critical XID out of service. DP_DISABLE_HEALTHCHECKS can switch
#   that off as a whole, and then jobs keep landing on a broken GPU. Single XIDs may be left out.
# related_resources:
#   - ref: https://github.com/NVIDIA/k8s-device-plugin/blob/main/README.md
#     description: Device plugin, disabling health checks
#   - ref: https://docs.nvidia.com/deploy/xid-errors/index.html
#     description: XID errors
# custom:
#   id: GPU-026
#   severity: high
#   scope: cluster
#   requires: [k8s.policy]
#   params:
#     ignorable_xids: ["13", "31", "43", "45", "68", "109"]
#   controls:
#     - {framework: nist-800-53, id: SI-4}
#     - {framework: nvidia-docs, id: device-plugin-health}
#   remediation: |
#     Remove DP_DISABLE_HEALTHCHECKS from devicePlugin.env in the values of the GPU Operator, or list only
#     XIDs that applications cause, such as 109.
package eidos.gpu.health_checks_on

import data.eidos.lib.booleans
import data.eidos.lib.environments
import data.eidos.lib.findings

path := `k8s.policy["devicePlugin.env"]`

applicable if booleans.yes(input.k8s.policy["devicePlugin.enabled"])

env := object.get(input.k8s.policy, "devicePlugin.env", null)

disabled := environments.value(env, "DP_DISABLE_HEALTHCHECKS")

ignored := {word |
	some part in split(sprintf("%v", [disabled]), ",")
	word := lower(trim_space(part))
	word != ""
}

deny contains findings.unreadable(path, env, "a list of variables") if not environments.readable(env)

deny contains finding(sprintf("DP_DISABLE_HEALTHCHECKS=%v switches GPU health checks off.", [disabled])) if {
	count(ignored & {"all", "xids"}) > 0
}

warn contains finding(sprintf("DP_DISABLE_HEALTHCHECKS=%v ignores XIDs that are no application errors: %v.", [disabled, concat(", ", sort(others))])) if {
	others := (ignored - {"all", "xids"}) - {xid | some xid in data.params.ignorable_xids}
	count(others) > 0
}

finding(msg) := {"msg": msg, "path": path, "actual": disabled, "expected": "absent, or XIDs of applications only"}
