# METADATA
# title: GPUs on the bus are offered to pods
# description: |
#   A node with GPUs that offers none runs no GPU work, and costs as if it did. Most often the driver, the
#   toolkit or the device plugin did not come up there.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/troubleshooting.html
#     description: Troubleshooting the GPU Operator
# custom:
#   id: GPU-010
#   severity: critical
#   scope: node
#   requires: [gpu.pci.gpu-count, k8s.node.allocatable]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator}
#     - {framework: nist-800-53, id: CP-10}
#   remediation: |
#     See which pod of the operator does not run on the node:
#     kubectl -n gpu-operator get pods -o wide --field-selector spec.nodeName=NODE
#     Read its log, the driver's first, then the validator's:
#     kubectl -n gpu-operator logs -l app=nvidia-driver-daemonset --all-containers --tail=50
#     GPUs that are allocated only by DRA are offered in ResourceSlices: exclude the rule there by name.
package eidos.gpu.gpus_allocatable

import data.eidos.lib.gpus
import data.eidos.lib.quantities

applicable if quantities.number(input.gpu.pci["gpu-count"]) > 0

offered contains resource if {
	some resource, amount in input.k8s.node.allocatable
	gpus.resource(resource)
	quantities.number(amount) > 0
}

deny contains finding if {
	count(offered) == 0
	finding := {
		"msg": sprintf("%v GPUs are on the bus, and the node offers none to pods.", [input.gpu.pci["gpu-count"]]),
		"path": "k8s.node.allocatable",
		"actual": "none",
		"expected": "nvidia.com/gpu, or slices of MIG",
	}
}
