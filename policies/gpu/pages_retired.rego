# METADATA
# title: No memory page waits to be retired
# description: |
#   GPUs before Ampere retire bad memory in pages. A pending page stays in use until the driver is loaded
#   again; more than 60 retired pages are a case for the vendor.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/dynamic-page-retirement/index.html
#     description: Dynamic page retirement
# custom:
#   id: GPU-037
#   severity: high
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: page-retirement}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Reset the GPU, or restart the node:
#     nvidia-smi --gpu-reset -i INDEX
package eidos.gpu.pages_retired

import data.eidos.lib.booleans
import data.eidos.lib.gpus

deny contains gpus.finding(place, device, "retired-pages.pending", said) if {
	some place, device in input.gpu.devices.devices
	value := device["retired-pages"].pending
	not booleans.no(value)
	said := {"msg": "has memory pages that wait for a reset", "actual": value, "expected": false}
}
