# METADATA
# title: A node that relies on DMA-BUF can use it
# description: |
#   Without a peer memory module GPUDirect RDMA needs DMA-BUF: Linux 5.12, CUDA 11.7, a Turing GPU or
#   newer, and open kernel modules. If one is missing, NCCL copies through the host and says so only in
#   its debug log. The module type is judged where the GPU Operator installs the driver.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-rdma.html
#     description: Prerequisites of DMA-BUF
# custom:
#   id: NET-005
#   severity: high
#   scope: node
#   requires: [gpu.smi, os.kmod, 'os.sysctl["/proc/sys/kernel/osrelease"]']
#   reads: [k8s.policy]
#   params:
#     kernel:
#       type: string
#       format: version
#       default: "5.12"
#       description: Oldest kernel version with DMA-BUF for GPUs; lower it only for a kernel to which a vendor backported it.
#     cuda:
#       type: string
#       format: version
#       default: "11.7"
#       description: Oldest CUDA version with DMA-BUF; raise it if your NCCL needs a newer one.
#     architectures:
#       type: array
#       items: string
#       default: [Turing, Ampere, Ada Lovelace, Hopper, Blackwell]
#       description: GPU architectures that can use DMA-BUF; add a new generation here.
#     rdma_modules:
#       type: array
#       items: string
#       default: [ib_uverbs, efa]
#       description: Kernel modules, any of which shows that a node has RDMA; add the module of another adapter.
#     peer_modules:
#       type: array
#       items: string
#       default: [nvidia_peermem, nv_peer_mem, efa_nv_peermem]
#       description: Kernel modules, any of which takes the place of DMA-BUF, so that the rule does not apply; add a vendor's own.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/gpu-operator-rdma}
#   remediation: |
#     Upgrade what the finding names: the node image for the kernel, the driver for CUDA. GPUs older than Turing
#     need nvidia-peermem. For the type of the kernel modules:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"kernelModuleType":"auto"}}}'
#     Set driver.kernelModuleType in the chart's values too, or its next upgrade or sync undoes it.
#     To check, run a job with NCCL_DEBUG=INFO: its log names DMABUF.
package eidos.network_rdma.dma_buf_possible

import data.eidos.lib.booleans
import data.eidos.lib.findings
import data.eidos.lib.modules
import data.eidos.lib.quantities
import data.eidos.lib.versions

smi := input.gpu.smi

kernel := input.os.sysctl["/proc/sys/kernel/osrelease"]

cuda := object.get(smi, "cuda-version", null)

architecture := object.get(smi, "gpu.product-architecture", null)

module_type := input.k8s.policy["driver.kernelModuleType"]

applicable if {
	quantities.number(smi["gpu-count"]) > 0
	some name in data.params.rdma_modules
	modules.loaded(input.os.kmod, name)
	count(peers) == 0
}

peers := {name | some name in data.params.peer_modules; modules.loaded(input.os.kmod, name)}

deny contains needed("The kernel", `os.sysctl["/proc/sys/kernel/osrelease"]`, kernel, data.params.kernel) if {
	versions.older(kernel, data.params.kernel)
}

deny contains needed("CUDA", "gpu.smi.cuda-version", cuda, data.params.cuda) if {
	versions.older(cuda, data.params.cuda)
}

deny contains findings.unreadable(`os.sysctl["/proc/sys/kernel/osrelease"]`, kernel, "a kernel version") if {
	not versions.readable(kernel)
}

deny contains findings.unreadable("gpu.smi.cuda-version", cuda, "a CUDA version") if not versions.readable(cuda)

deny contains finding if {
	not architecture in data.params.architectures
	finding := {
		"msg": sprintf("The GPU architecture is %v, expected one with DMA-BUF.", [findings.quoted(architecture)]),
		"path": `gpu.smi["gpu.product-architecture"]`,
		"actual": architecture,
		"expected": concat(", ", data.params.architectures),
	}
}

deny contains finding if {
	not module_type in {"open", "auto", ""}
	not driver_of_the_host
	finding := {
		"msg": sprintf(
			"driver.kernelModuleType is %v, expected open or auto, because only open modules export DMA-BUF.",
			[findings.quoted(module_type)],
		),
		"path": `k8s.policy["driver.kernelModuleType"]`,
		"actual": module_type,
		"expected": "open or auto",
	}
}

driver_of_the_host if booleans.no(input.k8s.policy["driver.enabled"])

needed(what, path, actual, floor) := {
	"msg": sprintf("%v is %v, expected %v or newer for DMA-BUF.", [what, actual, floor]),
	"path": path,
	"actual": actual,
	"expected": sprintf(">= %v", [floor]),
}
