# METADATA
# title: No GPU asks to be recovered
# description: |
#   The driver says what clears a fault that it has seen (an Xid): a reset of the GPU, a reboot, or draining
#   peer-to-peer work first. Until then jobs on that GPU, and on its NVLink neighbours, fail or hang.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/nvidia-smi/index.html
#     description: nvidia-smi manual
#   - ref: https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html
#     description: GPU debug guidelines
# custom:
#   id: GPU-028
#   severity: high
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: gpu-recovery-action}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Do what it asks for. A reset:
#     nvidia-smi --gpu-reset -i INDEX
#     For Reboot, restart the node. Then see that nothing is left:
#     nvidia-smi -q | grep -i 'recovery action'
#     A GPU that asks again within days goes back to its vendor, with the log:
#     nvidia-bug-report.sh
package eidos.gpu.no_recovery_pending

import data.eidos.lib.gpus

deny contains gpus.finding(place, device, "recovery-action", said) if {
	some place, device in input.gpu.devices.devices
	action := device["recovery-action"]
	action != "None"
	said := {"msg": sprintf("asks for: %v", [action]), "actual": action, "expected": "None"}
}
