# METADATA
# title: Every GPU answers
# description: |
#   A GPU that has fallen off the bus, or that the driver lost, is listed with an error in place of its
#   facts. Nothing else about it can be known, and work that is sent there hangs.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html
#     description: GPU debug guidelines
# custom:
#   id: GPU-036
#   severity: critical
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: xid-79}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Read what the kernel said of it:
#     dmesg | grep -i -E 'xid|nvrm'
#     Restart the node; if the GPU is lost again, have the vendor reseat or replace it.
package eidos.gpu.every_gpu_answers

import data.eidos.lib.gpus

deny contains gpus.finding(place, device, "error", said) if {
	some place, device in input.gpu.devices.devices
	error := device.error
	said := {"msg": sprintf("does not answer: %v", [error]), "actual": error, "expected": "none"}
}
