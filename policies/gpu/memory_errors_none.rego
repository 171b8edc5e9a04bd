# METADATA
# title: GPU memory has no uncorrected errors
# description: |
#   An uncorrected error since the driver was loaded has ended the job that used that memory (Xid 48, 63, 64,
#   94, 95), and may have marked rows for remapping, which needs a reset.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html
#     description: GPU memory error management
#   - ref: https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html
#     description: GPU debug guidelines
# custom:
#   id: GPU-027
#   severity: high
#   scope: node
#   requires: [gpu.devices.devices]
#   params:
#     most:
#       type: integer
#       default: 0
#       minimum: 0
#       maximum: 100
#       description: Uncorrected memory errors per GPU since its driver was loaded that are still accepted; raise it only while a reset is scheduled.
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: ecc}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Reset the GPU, which remaps the rows and clears the count:
#     nvidia-smi --gpu-reset -i INDEX
#     Check whether rows are left to remap:
#     nvidia-smi -q -d ROW_REMAPPER,ECC -i INDEX
package eidos.gpu.memory_errors_none

import data.eidos.lib.gpus
import data.eidos.lib.quantities

deny contains gpus.finding(place, device, "ecc.volatile.uncorrected", said) if {
	some place, device in input.gpu.devices.devices
	errors := device.ecc.volatile.uncorrected
	not within(errors)
	said := {"msg": sprintf("had %v memory errors that could not be corrected", [errors]), "actual": errors, "expected": sprintf("at most %v", [data.params.most])}
}

within(errors) if quantities.number(errors) <= data.params.most
