# METADATA
# title: The kernel module type fits the GPU
# description: |
#   Blackwell and newer GPUs, and Grace Hopper, work only with the open kernel modules; Volta and older only
#   with the proprietary ones. `auto` lets the operator choose. Judged where the GPU Operator installs the
#   driver.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-configuration.html
#     description: GPU Operator, driver configuration
#   - ref: https://github.com/NVIDIA/open-gpu-kernel-modules
#     description: GPUs that the open modules support
# custom:
#   id: GPU-006
#   severity: high
#   scope: node
#   requires: [gpu.smi.gpu.product-architecture, gpu.smi.gpu.model, k8s.policy]
#   tables: [gpu_architectures]
#   params:
#     open_models:
#       type: array
#       items: string
#       default: [GH200]
#       description: Words in the GPU model's name by which GPUs are told that only work with open kernel modules; add a new model here.
#   controls:
#     - {framework: nvidia-docs, id: driver-kernel-modules}
#   remediation: |
#     Let the operator choose the type, and roll the nodes:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"kernelModuleType":"auto"}}}'
#     Set driver.kernelModuleType in the chart's values too, or its next upgrade or sync undoes it.
#     To choose yourself, set open for Blackwell and Grace Hopper, proprietary for Volta and older.
package eidos.gpu.kernel_module_type

import data.eidos.lib.cluster_policies
import data.eidos.lib.findings

applicable if cluster_policies.runs(input.k8s.policy, "driver")

architecture := input.gpu.smi["gpu.product-architecture"]

declared := object.get(input.k8s.policy, "driver.kernelModuleType", "auto")

working := "open" if {
	is_string(input.gpu.smi["gpu.model"])
	some model in data.params.open_models
	contains(input.gpu.smi["gpu.model"], model)
} else := data.tables.gpu_architectures.architectures[architecture].modules

deny contains findings.unreadable(`k8s.policy["driver.kernelModuleType"]`, declared, "auto, open or proprietary") if {
	not declared in {"auto", "open", "proprietary"}
}

deny contains finding(sprintf("%v GPUs need %v kernel modules, but driver.kernelModuleType is %v.", [architecture, working, declared])) if {
	declared in {"open", "proprietary"}
	working in {"open", "proprietary"}
	declared != working
}

deny contains finding(sprintf("driver.kernelModuleType is %v, and it is not known what the GPU architecture %v needs.", [declared, findings.quoted(architecture)])) if {
	declared in {"open", "proprietary"}
	not working
}

finding(msg) := {
	"msg": msg,
	"path": `k8s.policy["driver.kernelModuleType"]`,
	"actual": declared,
	"expected": "auto, or what the GPU needs",
}
