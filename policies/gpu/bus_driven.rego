# METADATA
# title: Every GPU on the bus has a driver that serves it
# description: |
#   A GPU on the bus without a driver, or with an unsuitable one (nouveau), costs money and does nothing.
#   vfio-pci is right for GPUs that are passed to virtual machines.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/index.html
#     description: Driver installation guide
# custom:
#   id: GPU-034
#   severity: high
#   scope: node
#   requires: [gpu.pci.gpu-count, gpu.pci.devices]
#   params:
#     drivers:
#       type: array
#       items: string
#       default: [nvidia, vfio-pci]
#       description: Kernel drivers that may own a GPU on the PCI bus; add one if you pass GPUs to virtual machines with another driver.
#   tags: [devices]
#   controls:
#     - {framework: nvidia-docs, id: driver-installation}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Ask the kernel why the driver did not take it:
#     dmesg | grep -i -E 'nvrm|nouveau'
#     Load the driver, or let the GPU Operator do so:
#     modprobe nvidia
#     A GPU that is too old or too new for the branch stays without a driver: see GPU-003 and GPU-004.
package eidos.gpu.bus_driven

import data.eidos.lib.quantities

applicable if quantities.number(input.gpu.pci["gpu-count"]) > 0

devices := input.gpu.pci.devices

deny contains finding if {
	not all_described
	finding := {
		"msg": sprintf("%v GPUs are on the bus, and %v of them are described.", [input.gpu.pci["gpu-count"], count(devices)]),
		"path": "gpu.pci.devices",
		"actual": count(devices),
		"expected": input.gpu.pci["gpu-count"],
	}
}

all_described if count(devices) == quantities.number(input.gpu.pci["gpu-count"])

deny contains finding if {
	some device in devices
	driver := object.get(device, "driver", "none")
	not driver in data.params.drivers
	finding := {
		"msg": sprintf("The GPU at %v has driver %v, expected %v.", [device["bus-id"], driver, concat(" or ", data.params.drivers)]),
		"path": "gpu.pci.devices",
		"actual": driver,
		"expected": concat(" or ", data.params.drivers),
		"key": device["bus-id"],
	}
}
