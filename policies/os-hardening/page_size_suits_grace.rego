# METADATA
# title: The kernel of a Grace node uses large pages
# description: |
#   NVIDIA's reference for GB200 is a kernel with pages of 64 KiB, which cuts TLB misses on Grace. EKS
#   is left out: NVIDIA's profile for EKS uses Amazon's kernel with 4 KiB. Software that assumes 4 KiB
#   breaks on such a kernel, and nvidia-peermem does not work there (NET-006), so this only warns.
# related_resources:
#   - ref: https://docs.nvidia.com/grace-perf-tuning-guide/
#     description: NVIDIA Grace performance tuning guide
#   - ref: https://github.com/NVIDIA/skyhook-packages
#     description: Kernels that NVIDIA's node setup installs
# custom:
#   id: OS-022
#   severity: info
#   scope: node
#   requires: [gpu.smi, 'os.sysctl["/proc/sys/kernel/osrelease"]', k8s.node.provider]
#   params:
#     models:
#       type: array
#       items: string
#       default: [GH200, GB200, GB300]
#       description: Words in the GPU model's name by which Grace systems are told; add a new generation here.
#     providers_with_small_pages:
#       type: array
#       items: string
#       default: [eks]
#       description: Providers whose reference kernel has pages of 4 KiB; their nodes are not judged.
#   controls:
#     - {framework: nvidia-docs, id: grace-perf-tuning-guide}
#   remediation: |
#     Test workloads that map memory themselves before rolling it out. Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Install the kernel with large pages, on Ubuntu:
#     apt-get install linux-nvidia-64k
#     Reboot it, and check before uncordoning that the answer is 65536:
#     getconf PAGESIZE
package eidos.os_hardening.page_size_suits_grace

import data.eidos.lib.kernels

kernel := input.os.sysctl["/proc/sys/kernel/osrelease"]

applicable if {
	some model in data.params.models
	is_string(input.gpu.smi["gpu.model"])
	contains(input.gpu.smi["gpu.model"], model)
	not input.k8s.node.provider in data.params.providers_with_small_pages
}

warn contains finding if {
	not kernels.large_pages(kernel)
	finding := {
		"msg": sprintf("The kernel is %v, expected one with pages of 64 KiB (-64k) on a Grace node.", [kernel]),
		"path": `os.sysctl["/proc/sys/kernel/osrelease"]`,
		"actual": kernel,
		"expected": "a kernel flavour that ends in -64k",
	}
}
