# METADATA
# title: The running driver is the declared one
# description: |
#   The ClusterPolicy declares a driver version, and the node runs one. They differ while a rollout is under
#   way, and for as long as a node is left behind. Judged only where the GPU Operator installs the driver and
#   no NVIDIADriver resource takes its place.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html
#     description: GPU Operator, driver upgrades
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/precompiled-drivers.html
#     description: Precompiled drivers declare a branch
# custom:
#   id: GPU-007
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver, k8s.policy]
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     See where the rollout stands:
#     kubectl get nodes -L nvidia.com/gpu-driver-upgrade-state
#     If it is stuck, free the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Then delete its stale driver pod, and uncordon the node when the new one is ready:
#     kubectl -n gpu-operator delete pod -l app=nvidia-driver-daemonset --field-selector spec.nodeName=NODE
package eidos.gpu.driver_rollout_complete

import data.eidos.lib.booleans
import data.eidos.lib.cluster_policies
import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

declared := input.k8s.policy["driver.version"]

applicable if {
	cluster_policies.runs(input.k8s.policy, "driver")
	not per_pool
	declared != ""
}

per_pool if booleans.yes(input.k8s.policy["driver.useNvidiaDriverCRD"])

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains findings.unreadable(`k8s.policy["driver.version"]`, declared, "a driver version") if {
	not versions.readable(declared)
}

deny contains finding if {
	versions.readable(driver)
	versions.readable(declared)
	not same
	finding := {
		"msg": sprintf("The node runs driver %v, but the ClusterPolicy declares %v.", [driver, declared]),
		"path": "gpu.smi.driver",
		"actual": driver,
		"expected": declared,
	}
}

same if versions.key(driver) == versions.key(declared)

# A precompiled driver is declared by its branch only.
same if versions.numbers(declared) == [versions.numbers(driver)[0]]
