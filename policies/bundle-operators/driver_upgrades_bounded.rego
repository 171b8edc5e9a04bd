# METADATA
# title: Driver upgrades take few nodes at a time
# description: |
#   Parallel upgrades of 0 mean all nodes at once, for the GPU driver as for the network driver, and a drain
#   without an end may wait for ever. The charts' defaults (one node, 25 %) are safe; only what the bundle
#   sets is judged.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html
# custom:
#   id: BOP-023
#   severity: high
#   scope: bundle
#   params:
#     most_parallel: {type: integer, default: 10, minimum: 1}
#   controls:
#     - {framework: nist-800-53, id: CM-3}
#   remediation: |
#     Set driver.upgradePolicy.maxParallelUpgrades between 1 and the bound, maxUnavailable to a share of the nodes, and the same in
#     ofedDriver.upgradePolicy of the NicClusterPolicy.
package eidos.bundle_operators.driver_upgrades_bounded

import data.eidos.lib.bundles
import data.eidos.lib.findings

operator := "gpu-operator"

parallel contains {"path": bundles.path(operator, ["driver", "upgradePolicy", "maxParallelUpgrades"]), "value": found} if {
	found := bundles.value(input.bundle, operator, ["driver", "upgradePolicy", "maxParallelUpgrades"], 1)
}

parallel contains {"path": sprintf("%v.spec.ofedDriver.upgradePolicy.maxParallelUpgrades", [bundles.object_path(entry)]), "value": found} if {
	some entry in bundles.of_kind(input.bundle, "mellanox.com", "NicClusterPolicy")
	found := entry.object.spec.ofedDriver.upgradePolicy.maxParallelUpgrades
}

bounded(value) if {
	is_number(value)
	value >= 1
	value <= data.params.most_parallel
}

deny contains {
	"msg": sprintf("%v nodes are upgraded at a time; 0 would be all of them.", [findings.quoted(each.value)]),
	"path": each.path,
	"actual": each.value,
	"expected": sprintf("1 to %v", [data.params.most_parallel]),
} if {
	some each in parallel
	not bounded(each.value)
}

unavailable := bundles.value(input.bundle, operator, ["driver", "upgradePolicy", "maxUnavailable"], "25%")

deny contains {
	"msg": "Every node may be unavailable during an upgrade.",
	"path": bundles.path(operator, ["driver", "upgradePolicy", "maxUnavailable"]),
	"actual": unavailable,
	"expected": "a share below 100%",
} if {
	unavailable in ["100%", "", null]
}
