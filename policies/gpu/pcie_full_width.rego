# METADATA
# title: Every GPU has all its PCIe lanes
# description: |
#   A GPU that came up with fewer lanes than it has (x8 of x16) loads data and reaches the network cards at
#   half the speed. Most often it is not seated well, or a riser is worn. Speed is not judged: it falls by
#   itself when idle.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/nvidia-smi/index.html
#     description: nvidia-smi manual
# custom:
#   id: GPU-030
#   severity: medium
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: pcie}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Restart the node once. If the lanes do not come back, have the GPU reseated or the riser replaced; the link's state is shown by:
#     lspci -vv -s BUS_ID | grep -i lnksta
package eidos.gpu.pcie_full_width

import data.eidos.lib.gpus
import data.eidos.lib.quantities

deny contains gpus.finding(place, device, "pcie.width", said) if {
	some place, device in input.gpu.devices.devices
	width := device.pcie.width
	wanted := device.pcie["width-max"]
	not full(width, wanted)
	said := {"msg": sprintf("has %v of %v PCIe lanes", [width, wanted]), "actual": width, "expected": wanted}
}

full(width, wanted) if quantities.number(width) >= quantities.number(wanted)
