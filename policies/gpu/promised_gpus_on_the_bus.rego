# METADATA
# title: A node that offers GPUs has them on the bus
# description: |
#   Rules about GPUs do not apply to a node whose PCI bus has none. Where its capacity, its labels or its
#   instance type still speak of GPUs, they have fallen off the bus all together, or were passed to another
#   machine.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html
#     description: GPU debug guidelines
#   - ref: https://github.com/NVIDIA/k8s-device-plugin/blob/main/docs/gpu-feature-discovery/README.md
#     description: Labels of GPU Feature Discovery
#   - ref: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
#     description: Accelerated instance types of AWS
# custom:
#   id: GPU-033
#   severity: critical
#   scope: node
#   requires: [k8s.node.capacity, k8s.node.labels, gpu.pci.gpu-count]
#   params:
#     labels:
#       type: array
#       items: string
#       default:
#         - nvidia.com/gpu.present
#         - nvidia.com/gpu.count
#         - nvidia.com/gpu.product
#         - nvidia.com/mig.config
#         - cloud.google.com/gke-accelerator
#         - k8s.amazonaws.com/accelerator
#         - kubernetes.azure.com/accelerator
#       description: Node labels that promise a GPU; add the labels of your own node pools.
#     instance_types:
#       type: array
#       items: string
#       format: regex
#       default:
#         - ^(p[2-9][a-z]*|g3s?|g4dn|gr?[5-9][a-z]*)[.-]
#         - ^(a[2-4]x?|g[24])-(high|ultra|mega|max|edge|standard)
#         - ^Standard_N[CDV].*_(V100|T4|A10|A100|H100|H200|B200|GB200|GB300)
#         - ^(BM|VM)[.]GPU([234]|[.](A10|A100|H100|H200|L40S|B4|B200|B300|GB200|GB300))[.-]
#       description: Regular expressions for instance types that come with NVIDIA GPUs; add the types of your provider.
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: xid-79}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Look at the bus and at what the kernel said:
#     lspci -d 10de: && dmesg | grep -i -E 'xid|fallen off'
#     Restart the node, with power off in between where that is possible. If the GPUs do not come back, send the machine to its vendor.
package eidos.gpu.promised_gpus_on_the_bus

import data.eidos.lib.gpus
import data.eidos.lib.quantities

applicable if count(promises) > 0

promises contains sprintf("capacity has %v", [resource]) if {
	some resource, _ in input.k8s.node.capacity
	gpus.resource(resource)
}

promises contains sprintf("label %v is %v", [name, value]) if {
	some name in data.params.labels
	value := input.k8s.node.labels[name]
	not lower(value) in {"", "false", "none", "0"}
	not contains(lower(value), "amd")
	not contains(lower(value), "neuron")
}

promises contains sprintf("instance type is %v", [type]) if {
	some name in ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"]
	type := input.k8s.node.labels[name]
	some pattern in data.params.instance_types
	regex.match(pattern, type)
}

deny contains finding if {
	not some_there
	finding := {
		"msg": sprintf("The node's %v, and its PCI bus has no GPU.", [concat(", its ", sort(promises))]),
		"path": "gpu.pci.gpu-count",
		"actual": input.gpu.pci["gpu-count"],
		"expected": "at least 1",
	}
}

some_there if quantities.number(input.gpu.pci["gpu-count"]) > 0
