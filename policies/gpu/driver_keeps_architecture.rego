# METADATA
# title: The driver still supports the GPU's architecture
# description: |
#   Newer driver branches drop old architectures: R580 is the last for Maxwell, Pascal and Volta, R470
#   for Kepler. A newer driver does not find the GPU.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/tesla/tesla-release-notes-580-82-07/index.html
#     description: R580 release notes on the end of Maxwell, Pascal and Volta
#   - ref: https://docs.nvidia.com/datacenter/tesla/drivers/supported-drivers-and-cuda-toolkit-versions.html
#     description: Drivers, CUDA and GPU architectures
# custom:
#   id: GPU-004
#   severity: high
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
#     Keep these nodes on the last branch that supports the GPU (R580 for Maxwell, Pascal and Volta) with a
#     node pool and an NVIDIADriver resource of their own, or retire the GPUs.
package eidos.gpu.driver_keeps_architecture

import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

architecture := input.gpu.smi["gpu.product-architecture"]

listed := data.tables.gpu_architectures.architectures[architecture]

last := listed.last_branch

# What a site chose to ignore was not judged, so it did not pass.
applicable if not ignored

ignored if {
	data.params.unlisted_architecture == "ignore"
	versions.readable(driver)
	not listed
}

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains finding if {
	versions.branch(driver) != last
	versions.at_least(driver, last)
	finding := {
		"msg": sprintf("Driver %v no longer supports %v GPUs: R%v is their last branch.", [driver, architecture, last]),
		"path": "gpu.smi.driver",
		"actual": driver,
		"expected": sprintf("branch R%v or older", [last]),
	}
}

deny contains unlisted if data.params.unlisted_architecture == "fail"

warn contains unlisted if data.params.unlisted_architecture == "warn"

unlisted := {
	"msg": sprintf("No last driver is known for the GPU architecture %v.", [findings.quoted(architecture)]),
	"path": "gpu.smi[\"gpu.product-architecture\"]",
	"actual": architecture,
	"expected": sprintf("one of %v", [concat(", ", sort(object.keys(data.tables.gpu_architectures.architectures)))]),
} if {
	not listed
}
