# METADATA
# title: The NVIDIA modules that the node needs are loaded
# description: |
#   CUDA needs nvidia and nvidia_uvm. Features that the ClusterPolicy turns on need further modules: gdrdrv
#   for GDRCopy, nvidia_fs for GPUDirect Storage. Nodes that hand their GPUs to virtual machines are not
#   judged.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-rdma.html
#     description: GPU Operator, GPUDirect RDMA and Storage
#   - ref: https://github.com/NVIDIA/open-gpu-kernel-modules
#     description: The modules of the driver
# custom:
#   id: GPU-016
#   severity: medium
#   scope: node
#   requires: [gpu.smi.gpu-count, os.kmod, k8s.policy]
#   params:
#     modules:
#       type: array
#       items: string
#       default: [nvidia, nvidia_uvm]
#       description: Kernel modules that every GPU node must have loaded; add what your workloads need.
#     features:
#       type: object
#       items: string
#       default:
#         gdrcopy.enabled: gdrdrv
#         gds.enabled: nvidia_fs
#       description: ClusterPolicy switch to the kernel module that it needs when it is on; add switches of newer GPU Operators.
#   controls:
#     - {framework: nvidia-docs, id: gpudirect}
#   remediation: |
#     See why the module is missing:
#     kubectl -n gpu-operator logs -l app=nvidia-driver-daemonset --all-containers --prefix --tail=50
#     Where the host owns the driver, load the module that the finding names:
#     modprobe MODULE
#     Keep it for the next boot in /etc/modules-load.d/nvidia.conf. If the feature is not wanted, turn it off in the
#     ClusterPolicy.
package eidos.gpu.modules_loaded

import data.eidos.lib.booleans
import data.eidos.lib.modules
import data.eidos.lib.quantities

applicable if {
	not no_gpu
	not virtual_machines
}

no_gpu if quantities.number(input.gpu.smi["gpu-count"]) == 0

virtual_machines if booleans.yes(input.k8s.policy["sandboxWorkloads.enabled"])

deny contains finding(name, sprintf("The module %v is not loaded on a node with GPUs.", [name])) if {
	some name in data.params.modules
	not modules.loaded(input.os.kmod, name)
}

deny contains finding(name, sprintf("The module %v is not loaded although the ClusterPolicy says %v.", [name, feature])) if {
	some feature, name in data.params.features
	booleans.yes(input.k8s.policy[feature])
	not modules.loaded(input.os.kmod, name)
}

finding(name, msg) := {"msg": msg, "path": modules.path(name), "actual": "not loaded", "expected": "loaded"}
