# METADATA
# title: Mixed MIG does not run on drivers that break it
# description: |
#   Drivers 570.124.06 to 570.158.01 cannot serve MIG devices and whole GPUs on the same node. Judged where
#   the ClusterPolicy allows that with the strategy mixed.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/release-notes.html
#     description: GPU Operator release notes, known issues
# custom:
#   id: GPU-021
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver, k8s.policy]
#   params:
#     broken:
#       type: array
#       items: object
#       default:
#         - {first: 570.124.06, last: 570.158.01}
#       description: Ranges of driver versions in which mixed MIG is broken, both ends included; add a range when NVIDIA publishes one.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator-release-notes}
#   remediation: |
#     Leave the range and let the operator roll the nodes:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"version":"580.159.03"}}}'
#     Set driver.version in the chart's values too, or its next upgrade or sync undoes it.
#     Until then set mig.strategy to single and give every GPU of a node the same geometry.
package eidos.gpu.mig_driver_range

import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

applicable if input.k8s.policy["mig.strategy"] == "mixed"

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains finding if {
	some range in data.params.broken
	versions.between(driver, range.first, range.last)
	finding := {
		"msg": sprintf("Driver %v is within %v to %v, which break MIG strategy mixed.", [driver, range.first, range.last]),
		"path": "gpu.smi.driver",
		"actual": driver,
		"expected": sprintf("newer than %v", [range.last]),
	}
}
