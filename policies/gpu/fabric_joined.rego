# METADATA
# title: Every GPU of a fabric has joined it, and is healthy there
# description: |
#   GPUs behind NVSwitch are of no use to CUDA until the fabric manager (or, on NVL72, the fabric's own) has
#   let them join: cuInit fails with error 802. Unhealthy or degraded ones run collectives at a part of the
#   speed.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html
#     description: Fabric Manager user guide
#   - ref: https://docs.nvidia.com/deploy/nvidia-smi/index.html
#     description: nvidia-smi manual
# custom:
#   id: GPU-029
#   severity: critical
#   scope: node
#   requires: [gpu.devices.devices]
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: fabric-manager}
#     - {framework: nist-800-53, id: CP-10}
#   remediation: |
#     See what the fabric manager says, and restart it if it ended:
#     systemctl status nvidia-fabricmanager && journalctl -u nvidia-fabricmanager -n 50
#     Its version must be the driver's. After that reset all GPUs of the node together, or restart the node:
#     nvidia-smi --gpu-reset
#     On an NVL72 look at the IMEX daemons and the fabric's controller first.
package eidos.gpu.fabric_joined

import data.eidos.lib.gpus

deny contains gpus.finding(place, device, "fabric", said) if {
	some place, device in input.gpu.devices.devices
	some about, good in {"state": {"Completed", "Not Supported"}, "health.summary": {"Healthy", "Not Supported"}, "health.bandwidth": {"Full", "Not Supported"}}
	value := object.get(device, array.concat(["fabric"], split(about, ".")), "absent")
	not value in (good | {"absent"})
	said := {"msg": sprintf("has fabric %v %v", [about, value]), "actual": value, "expected": concat(" or ", good)}
}
