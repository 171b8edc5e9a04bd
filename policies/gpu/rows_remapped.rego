# METADATA
# title: No memory row is waiting to be remapped, and no remapping has failed
# description: |
#   A row that is pending is used until the GPU is reset, and the next error there ends another job. A failed
#   remapping means that the spare rows of a bank are used up and the GPU must be replaced.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html
#     description: GPU memory error management
# custom:
#   id: GPU-026
#   severity: critical
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: row-remapping}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     For rows that wait, reset the GPU:
#     nvidia-smi --gpu-reset -i INDEX
#     For a failure, ask the vendor for another GPU, with the log:
#     nvidia-bug-report.sh
package eidos.gpu.rows_remapped

import data.eidos.lib.booleans
import data.eidos.lib.gpus

deny contains gpus.finding(place, device, "remapped-rows", said) if {
	some place, device in input.gpu.devices.devices
	some flag, words in {"pending": "has memory rows that wait for a reset", "failure": "has memory rows that could not be remapped"}
	value := device["remapped-rows"][flag]
	not booleans.no(value)
	said := {"msg": words, "actual": value, "expected": false}
}
