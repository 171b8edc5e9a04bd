# METADATA
# title: The driver is new enough for the GPU's architecture
# description: |
#   Each GPU architecture has a first driver. An older one does not drive the GPU, or drives it without
#   the fixes that made it usable.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/tesla/drivers/supported-drivers-and-cuda-toolkit-versions.html
#     description: Drivers, CUDA and GPU architectures
#   - ref: https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/index.html
#     description: First CUDA of each architecture and the driver it needs
# custom:
#   id: GPU-003
#   severity: critical
#   scope: node
#   requires: [gpu.smi.driver, gpu.smi.gpu.product-architecture]
#   tables: [gpu_architectures]
#   params:
#     unlisted_architecture:
#       type: string
#       default: fail
#       values: [fail, warn, ignore]
#       description: "What happens with a GPU architecture that the table does not list: fail, warn, or ignore (not judged); relax it only while you wait for a newer table."
#   controls:
#     - {framework: nvidia-docs, id: supported-drivers}
#   remediation: |
#     Choose a driver that supports the GPU (Blackwell: 570.133.20 or newer, and 580.159.03 or newer for
#     security) and let the operator roll the nodes:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"version":"580.159.03"}}}'
#     Set driver.version in the chart's values too, or its next upgrade or sync undoes it.
#     Where the host owns the driver, replace the node image instead.
package eidos.gpu.driver_supports_architecture

import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

architecture := input.gpu.smi["gpu.product-architecture"]

first := data.tables.gpu_architectures.architectures[architecture].first_driver

# What a site chose to ignore was not judged, so it did not pass.
applicable if not ignored

ignored if {
	data.params.unlisted_architecture == "ignore"
	versions.readable(driver)
	not first
}

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains finding if {
	versions.older(driver, first)
	finding := {
		"msg": sprintf("Driver %v is older than %v, the first driver for %v GPUs.", [driver, first, architecture]),
		"path": "gpu.smi.driver",
		"actual": driver,
		"expected": sprintf(">= %v", [first]),
	}
}

deny contains unlisted if data.params.unlisted_architecture == "fail"

warn contains unlisted if data.params.unlisted_architecture == "warn"

unlisted := {
	"msg": sprintf("No first driver is known for the GPU architecture %v.", [findings.quoted(architecture)]),
	"path": "gpu.smi[\"gpu.product-architecture\"]",
	"actual": architecture,
	"expected": sprintf("one of %v", [concat(", ", sort(object.keys(data.tables.gpu_architectures.architectures)))]),
} if {
	not first
}
