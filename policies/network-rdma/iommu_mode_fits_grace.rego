# METADATA
# title: The IOMMU mode of a Grace node is set explicitly and works there
# description: |
#   NVIDIA's profile for GB200 sets iommu.passthrough=1. On kernels before 6.11 passthrough keeps the
#   SMMU from binding PASIDs, and CUDA contexts fail where ATS is used; NVIDIA's own kernels (-nvidia)
#   carry the fix. GPUDirect Storage wants passthrough off on Grace. A node that says nothing has the
#   default of its kernel build, which differs between distributions: it fails where passthrough can be
#   used, and warns where the kernel is too old for it.
# related_resources:
#   - ref: https://github.com/NVIDIA/nodewright-packages/issues/121
#     description: Passthrough and CUDA contexts on kernels before 6.11
#   - ref: https://docs.nvidia.com/gpudirect-storage/best-practices-guide/index.html
#     description: GPUDirect Storage, IOMMU on Grace
#   - ref: https://github.com/NVIDIA/skyhook-packages
#     description: NVIDIA tuning profiles for nodes
# custom:
#   id: NET-012
#   severity: high
#   scope: node
#   requires: [gpu.smi, os.grub, 'os.sysctl["/proc/sys/kernel/osrelease"]']
#   reads: [k8s.policy]
#   params:
#     models:
#       type: array
#       items: string
#       default: [GB200, GB300]
#       description: Words in the GPU model's name by which Grace systems are told; add a new generation here.
#     kernel:
#       type: string
#       format: version
#       default: "6.11"
#       description: First kernel version on which passthrough works with ATS; lower it only for a kernel that has the fix backported.
#     fixed_flavours:
#       type: array
#       items: string
#       default: [nvidia]
#       description: Kernel flavours (the word after the hyphen, as in 6.8.0-1019-nvidia) that have the fix whatever their version; add yours if it has.
#   controls:
#     - {framework: nvidia-docs, id: skyhook-packages/nvidia-gb200-performance}
#     - {framework: nvidia-docs, id: gpudirect-storage/best-practices-guide}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Kernel 6.11 or newer, or an -nvidia kernel: put iommu.passthrough=1 on GRUB_CMDLINE_LINUX_DEFAULT in
#     /etc/default/grub. Older kernel, or gds.enabled in the ClusterPolicy: iommu.passthrough=0. Then:
#     update-grub
#     On Red Hat, Oracle and Amazon Linux:
#     grubby --update-kernel=ALL --args=iommu.passthrough=VALUE
#     Reboot it, read the kernel line, and run a CUDA sample before uncordoning:
#     cat /proc/cmdline
package eidos.network_rdma.iommu_mode_fits_grace

import data.eidos.lib.booleans
import data.eidos.lib.kernel_args
import data.eidos.lib.versions

grub := input.os.grub

kernel := input.os.sysctl["/proc/sys/kernel/osrelease"]

argument := "iommu.passthrough"

model := input.gpu.smi["gpu.model"]

applicable if {
	is_string(model)
	some name in data.params.models
	contains(model, name)
}

said := kernel_args.last(grub, argument)

passes_through := kernel_args.boolean(grub, argument)

understood if is_boolean(passes_through)

usable if versions.at_least(kernel, data.params.kernel)

usable if {
	versions.readable(kernel)
	some flavour in data.params.fixed_flavours
	contains(kernel, sprintf("-%v", [flavour]))
}

storage if booleans.yes(input.k8s.policy["gds.enabled"])

deny contains found(said, "0", sprintf("kernel %v is older than %v", [kernel, data.params.kernel])) if {
	passes_through
	not usable
}

deny contains found(said, "0", "GPUDirect Storage is enabled") if {
	passes_through
	storage
}

deny contains found("absent", "1", sprintf("NVIDIA's profile for %v sets it", [model])) if {
	not kernel_args.present(grub, argument)
	usable
	not storage
}

deny contains found("absent", "0", "GPUDirect Storage is enabled") if {
	not kernel_args.present(grub, argument)
	storage
}

warn contains found("absent", "0 until the kernel is newer, then 1", why) if {
	not kernel_args.present(grub, argument)
	not usable
	not storage
	why := sprintf("NVIDIA's profile for %v sets 1, which kernel %v is too old for", [model, kernel])
}

deny contains found(said, "0 or 1", "nothing else is understood") if not understood

found(actual, expected, reason) := {
	"msg": sprintf("%v on the kernel line is %v, expected %v: %v.", [argument, actual, expected, reason]),
	"path": kernel_args.path(grub, argument),
	"actual": actual,
	"expected": expected,
}
