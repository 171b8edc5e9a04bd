# METADATA
# title: Driver upgrades take few nodes at a time and do not wait for ever
# description: |
#   With automatic upgrades a new driver version rolls through the cluster by itself. maxUnavailable and
#   maxParallelUpgrades bound how many nodes are away at once; 0 parallel upgrades means all of them. A
#   timeout of 0 for draining, or for ending GPU pods, waits for ever where that step is used. Waiting
#   for jobs to complete without a limit is a choice, and not judged.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html
#     description: GPU driver upgrades with the GPU Operator
# custom:
#   id: OPR-007
#   severity: medium
#   scope: cluster
#   requires: [k8s.policy]
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
#     - {framework: nist-800-53, id: CP-10}
#     - {framework: nvidia-docs, id: gpu-operator/gpu-driver-upgrades}
#   remediation: |
#     Take one node at a time:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"upgradePolicy":{"maxParallelUpgrades":1}}}}'
#     Then set what the findings name under driver.upgradePolicy in the chart's values: maxParallelUpgrades 1,
#     maxUnavailable 25%, gpuPodDeletion.timeoutSeconds 300, drain.timeoutSeconds 300.
package eidos.operators.driver_upgrades_bounded

import data.eidos.lib.cluster_policies
import data.eidos.lib.findings
import data.eidos.lib.quantities

policy := input.k8s.policy

prefix := "driver.upgradePolicy."

# Defaults are those of the chart: automatic, one node at a time, a quarter of the nodes at most.
applicable if {
	cluster_policies.present(policy)
	not switched_off("driver.enabled")
	not switched_off("driver.upgradePolicy.autoUpgrade")
}

switched_off(key) if cluster_policies.switched(policy, key, true) == false

parallel := object.get(policy, sprintf("%vmaxParallelUpgrades", [prefix]), 1)

unavailable := object.get(policy, sprintf("%vmaxUnavailable", [prefix]), "25%")

deny contains found("maxParallelUpgrades", parallel, sprintf("1 to %v", [data.params.parallel])) if not parallel_bounded

parallel_bounded if {
	quantities.number(parallel) >= 1
	quantities.number(parallel) <= data.params.parallel
}

deny contains found("maxUnavailable", unavailable, expected) if {
	not unavailable_bounded
	expected := sprintf("%v%% or %v nodes at most", [data.params.unavailable_percent, data.params.unavailable_nodes])
}

unavailable_bounded if {
	is_string(unavailable)
	endswith(unavailable, "%")
	quantities.number(trim_suffix(unavailable, "%")) <= data.params.unavailable_percent
}

unavailable_bounded if quantities.number(unavailable) <= data.params.unavailable_nodes

deny contains found(name, policy[sprintf("%v%v", [prefix, name])], "more than 0 seconds") if {
	some name in timeouts
	policy[sprintf("%v%v", [prefix, name])]
	not limited(name)
}

timeouts contains name if {
	some name in ["gpuPodDeletion.timeoutSeconds", "podDeletion.timeoutSeconds"]
}

timeouts contains "drain.timeoutSeconds" if {
	cluster_policies.switched(policy, sprintf("%vdrain.enable", [prefix]), false)
}

limited(name) if quantities.number(policy[sprintf("%v%v", [prefix, name])]) > 0

found(name, actual, expected) := {
	"msg": sprintf("%v%v is %v, expected %v.", [prefix, name, findings.quoted(actual), expected]),
	"path": cluster_policies.path(sprintf("%v%v", [prefix, name])),
	"actual": actual,
	"expected": expected,
}
