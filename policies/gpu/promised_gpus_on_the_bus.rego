# METADATA
# title: A node that offers GPUs has them on the bus
# description: |
#   Rules about GPUs do not apply to a node whose PCI bus has none. Where its capacity still speaks of GPUs,
#   they have fallen off the bus all together, or were passed to another machine.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html
#     description: GPU debug guidelines
# custom:
#   id: GPU-033
#   severity: critical
#   scope: node
#   requires: [k8s.node.capacity, gpu.pci.gpu-count]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: xid-79}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Look at the bus and at what the kernel said:
#     lspci -d 10de: && dmesg | grep -i -E 'xid|fallen off'
#     Restart the node, with power off in between where that is possible. If the GPUs stay away the machine goes to its vendor.
package eidos.gpu.promised_gpus_on_the_bus

import data.eidos.lib.quantities

promised := [resource | some resource, _ in input.k8s.node.capacity; startswith(resource, "nvidia.com/")]

applicable if count(promised) > 0

deny contains finding if {
	not some_there
	finding := {
		"msg": sprintf("The node's capacity has %v, and its PCI bus has no GPU.", [concat(", ", promised)]),
		"path": "gpu.pci.gpu-count",
		"actual": input.gpu.pci["gpu-count"],
		"expected": "at least 1",
	}
}

some_there if quantities.number(input.gpu.pci["gpu-count"]) > 0
