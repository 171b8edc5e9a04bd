# METADATA
# title: Every NVLink is active
# description: |
#   A link that is down halves, or worse, what the GPUs exchange with each other. Every collective of the
#   job waits for the slowest pair.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/nvidia-smi/index.html
#     description: nvidia-smi manual
# custom:
#   id: GPU-032
#   severity: high
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: nvlink}
#     - {framework: nist-800-53, id: CP-10}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     See which are down, and why:
#     nvidia-smi nvlink -s -i INDEX && nvidia-smi nvlink -e -i INDEX && dmesg | grep -i nvlink
#     Reset all GPUs of the node together. If a link stays down, call the vendor.
package eidos.gpu.nvlinks_active

import data.eidos.lib.gpus
import data.eidos.lib.quantities

deny contains gpus.finding(place, device, "nvlink.active", said) if {
	some place, device in input.gpu.devices.devices
	links := device.nvlink.links
	active := device.nvlink.active
	not complete(active, links)
	said := {"msg": sprintf("has %v of %v NVLinks active", [active, links]), "actual": active, "expected": links}
}

complete(active, links) if quantities.number(active) == quantities.number(links)
