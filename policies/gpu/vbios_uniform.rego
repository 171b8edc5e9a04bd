# METADATA
# title: All GPUs of a kind run the same VBIOS
# description: |
#   A replacement GPU often comes with an older VBIOS than its neighbours: it has other power limits and other
#   NVLink training, and may lack security fixes that the others have.
# related_resources:
#   - ref: https://nvidia.custhelp.com/app/answers/detail/a_id/5674
#     description: Security bulletin, HGX and DGX VBIOS
#   - ref: https://docs.nvidia.com/deploy/nvidia-smi/index.html
#     description: nvidia-smi manual
# custom:
#   id: GPU-013
#   severity: medium
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices, firmware]
#   controls:
#     - {framework: nvidia-bulletin, id: "5674"}
#     - {framework: nist-800-53, id: CM-6}
#     - {framework: nist-800-53, id: SI-2}
#   remediation: |
#     See which GPU has which:
#     nvidia-smi --query-gpu=index,name,vbios_version --format=csv
#     Bring all to the newest with the board vendor's firmware bundle (for HGX and DGX: nvfwupd), then restart the node.
package eidos.gpu.vbios_uniform

# A GPU that tells no VBIOS is not compared; two kinds of GPU may differ.
versions[model] contains version if {
	some device in input.gpu.devices.devices
	model := device.model
	version := device["vbios-version"]
}

deny contains finding if {
	some model, found in versions
	count(found) > 1
	finding := {
		"msg": sprintf("GPUs %v run different VBIOS versions: %v.", [model, concat(", ", sort(found))]),
		"path": "gpu.devices.devices",
		"actual": concat(", ", sort(found)),
		"expected": "one version",
		"key": model,
	}
}
