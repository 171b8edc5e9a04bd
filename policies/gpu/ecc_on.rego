# METADATA
# title: ECC is on
# description: |
#   Without ECC a flipped bit in GPU memory is a wrong weight or a wrong token, and nobody is told. Data
#   centre GPUs have it on from the factory; GPUs with HBM cannot do without. GPUs that have none are not
#   judged.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html
#     description: GPU memory error management
# custom:
#   id: GPU-025
#   severity: high
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: ecc}
#     - {framework: nist-800-53, id: SI-16}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Turn it on, then reset the GPU or restart the node:
#     nvidia-smi -e 1 -i INDEX && nvidia-smi --gpu-reset -i INDEX
package eidos.gpu.ecc_on

import data.eidos.lib.gpus

deny contains gpus.finding(place, device, "ecc.current", said) if {
	some place, device in input.gpu.devices.devices
	mode := device.ecc.current
	mode != "Enabled"
	said := {"msg": sprintf("has ECC %v", [mode]), "actual": mode, "expected": "Enabled"}
}
