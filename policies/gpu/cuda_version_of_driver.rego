# METADATA
# title: The CUDA version that nvidia-smi shows is the driver's own
# description: |
#   Each driver branch brings one CUDA version. A newer one comes from a compatibility library that was
#   in the way when the snapshot was taken: what it says about CUDA is then not true of the node's driver.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/cuda-compatibility/index.html
#     description: CUDA compatibility packages
#   - ref: https://docs.nvidia.com/datacenter/tesla/drivers/supported-drivers-and-cuda-toolkit-versions.html
#     description: CUDA of each driver branch
# custom:
#   id: GPU-024
#   severity: low
#   scope: node
#   requires: [gpu.smi.driver, gpu.smi.cuda-version]
#   tables: [driver_branches]
#   controls:
#     - {framework: nvidia-docs, id: cuda-compatibility}
#   remediation: |
#     Collect with the node's own libraries: in an image without /usr/local/cuda/compat, or on the host with:
#     nvidia-smi
#     Plan workloads by the CUDA version of the driver branch (R580: 13.0).
package eidos.gpu.cuda_version_of_driver

import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

cuda := input.gpu.smi["cuda-version"]

path := `gpu.smi["cuda-version"]`

branch := versions.branch(driver)

own := data.tables.driver_branches.branches[branch].cuda

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains findings.unreadable(path, cuda, "a CUDA version") if not versions.readable(cuda)

deny contains finding if {
	versions.older(own, cuda)
	finding := {
		"msg": sprintf("nvidia-smi shows CUDA %v, but driver branch R%v brings CUDA %v.", [cuda, branch, own]),
		"path": path,
		"actual": cuda,
		"expected": own,
	}
}

warn contains finding if {
	branch
	not own
	finding := {
		"msg": sprintf("It is not known which CUDA version driver branch R%v brings.", [branch]),
		"path": "gpu.smi.driver",
		"actual": driver,
		"expected": "a known branch",
	}
}
