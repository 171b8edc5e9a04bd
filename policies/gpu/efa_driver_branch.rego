# METADATA
# title: Grace Blackwell with EFA stays on R580
# description: |
#   R595 dropped the module option that lets EFA attach GPU memory on AWS P6e machines. NCCL then stops, or
#   falls back to sockets. Judged on EKS nodes with GB200 or GB300 and the efa module.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/issues/2383
#     description: GPU to EFA transfers fail with R595 on P6e
#   - ref: https://github.com/NVIDIA/aicr/issues/2439
#     description: Driver pinned to 580.173.02
# custom:
#   id: GPU-023
#   severity: critical
#   scope: node
#   requires: [k8s.node.provider, gpu.smi.gpu.model, gpu.smi.driver, os.kmod]
#   params:
#     models:
#       type: array
#       items: string
#       default: [GB200, GB300]
#       description: Words in the GPU model's name by which affected systems are told; change it when AWS offers EFA with other models.
#     first_broken:
#       type: string
#       format: version
#       default: "595"
#       description: First driver branch or version that cannot share GPU memory with EFA; raise it when NVIDIA brings the option back.
#   controls:
#     - {framework: nvidia-docs, id: r595-release-notes}
#   remediation: |
#     Pin the driver to 580.173.02 or a newer R580 and let the operator roll the nodes:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"version":"580.173.02"}}}'
#     Set driver.version in the chart's values too, or its next upgrade or sync undoes it.
#     Keep NVreg_GrdmaPciTopoCheckOverride=1 in the kernel module options.
package eidos.gpu.efa_driver_branch

import data.eidos.lib.findings
import data.eidos.lib.modules
import data.eidos.lib.versions

driver := input.gpu.smi.driver

applicable if {
	input.k8s.node.provider == "eks"
	modules.loaded(input.os.kmod, "efa")
	some name in data.params.models
	is_string(input.gpu.smi["gpu.model"])
	contains(input.gpu.smi["gpu.model"], name)
}

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains finding if {
	versions.at_least(driver, data.params.first_broken)
	finding := {
		"msg": sprintf("Driver %v cannot share GPU memory with EFA on %v: R%v and newer lack the option for it.", [driver, input.gpu.smi["gpu.model"], data.params.first_broken]),
		"path": "gpu.smi.driver",
		"actual": driver,
		"expected": sprintf("older than R%v", [data.params.first_broken]),
	}
}
