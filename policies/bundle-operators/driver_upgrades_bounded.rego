# METADATA
# title: Driver upgrades take few nodes at a time
# description: |
#   Parallel upgrades of 0 mean all nodes at once, for the GPU driver as for the network driver, and a timeout of
#   0 waits for ever. The bounds are those of OPR-007, which asks the running cluster. The charts' defaults (one
#   node, 25 %, 300 seconds) are safe; only what the bundle sets is judged.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html
# custom:
#   id: BOP-023
#   severity: medium
#   scope: bundle
#   params:
#     parallel:
#       type: integer
#       default: 5
#       minimum: 1
#       maximum: 100
#       description: Most nodes that may be upgraded at the same time; raise it on large clusters that can spare more nodes.
#     unavailable_percent:
#       type: integer
#       default: 25
#       minimum: 0
#       maximum: 50
#       description: Largest share of nodes, in percent, that may be unavailable during an upgrade; raise it if your workloads tolerate more.
#     unavailable_nodes:
#       type: integer
#       default: 5
#       minimum: 0
#       maximum: 100
#       description: Most nodes that may be unavailable during an upgrade, where a number is set and not a percentage; raise it on large clusters.
#   controls:
#     - {framework: nist-800-53, id: CM-3}
#   remediation: |
#     Set under driver.upgradePolicy of the GPU Operator, and ofedDriver.upgradePolicy of the NicClusterPolicy:
#     {maxParallelUpgrades: 1, maxUnavailable: 25%, drain: {timeoutSeconds: 300}}
package eidos.bundle_operators.driver_upgrades_bounded

import data.eidos.lib.booleans
import data.eidos.lib.bundles
import data.eidos.lib.findings
import data.eidos.lib.quantities

operator := "gpu-operator"

stated contains {"path": bundles.path(operator, ["driver", "upgradePolicy"]), "policy": found} if {
	found := bundles.value(input.bundle, operator, ["driver", "upgradePolicy"], {})
}

stated contains {"path": sprintf("%v.spec.ofedDriver.upgradePolicy", [bundles.object_path(entry)]), "policy": found} if {
	some entry in bundles.of_kind(input.bundle, "mellanox.com", "NicClusterPolicy")
	found := entry.object.spec.ofedDriver.upgradePolicy
}

upgrades contains each if {
	some each in stated
	is_object(each.policy)
}

deny contains findings.unreadable(each.path, each.policy, "a map") if {
	some each in stated
	not each in upgrades
	each.policy != null
}

deny contains finding(each, "maxParallelUpgrades", value, sprintf("1 to %v; 0 is all nodes", [data.params.parallel])) if {
	some each in upgrades
	value := object.get(each.policy, "maxParallelUpgrades", 1)
	not few(value)
}

few(value) if {
	is_number(value)
	value >= 1
	value <= data.params.parallel
}

deny contains finding(each, "maxUnavailable", value, expected) if {
	some each in upgrades
	value := object.get(each.policy, "maxUnavailable", "25%")
	not enough_stay(value)
	expected := sprintf("%v%% or %v nodes at most", [data.params.unavailable_percent, data.params.unavailable_nodes])
}

enough_stay(value) if {
	is_string(value)
	endswith(value, "%")
	quantities.number(trim_suffix(value, "%")) <= data.params.unavailable_percent
}

enough_stay(value) if quantities.number(value) <= data.params.unavailable_nodes

deny contains finding(each, sprintf("%v.timeoutSeconds", [step]), value, "more than 0 seconds; 0 waits for ever") if {
	some each in upgrades
	some step in ["drain", "gpuPodDeletion", "podDeletion"]
	value := each.policy[step].timeoutSeconds
	used(each.policy, step)
	not ends(value)
}

used(_, step) if step != "drain"

used(policy, "drain") if not booleans.no(object.get(policy.drain, "enable", false))

ends(value) if {
	is_number(value)
	value > 0
}

finding(each, key, value, expected) := {
	"msg": sprintf("%v is %v, expected %v.", [key, findings.quoted(value), expected]),
	"path": sprintf("%v.%v", [each.path, key]),
	"actual": value,
	"expected": expected,
}
