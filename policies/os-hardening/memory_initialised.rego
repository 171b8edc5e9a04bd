# METADATA
# title: Only GPU nodes give up zeroing of memory
# description: |
#   init_on_alloc=0 and init_on_free=0 (off, n) leave old contents in memory that is handed out, so that a
#   kernel bug leaks them. NVIDIA's profiles accept that on GPU nodes for speed; a node without a GPU
#   has the risk and not the gain.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/kernel-parameters.html
#     description: Kernel parameters, init_on_alloc and init_on_free
#   - ref: https://github.com/ComplianceAsCode/content
#     description: ComplianceAsCode, rule grub2_init_on_alloc_argument
# custom:
#   id: OS-025
#   severity: low
#   scope: node
#   requires: [os.grub, gpu.smi.gpu-count]
#   controls:
#     - {framework: nist-800-53, id: SC-4}
#     - {framework: nvidia-docs, id: skyhook-packages/nvidia-base}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Remove the argument from /etc/default/grub and from the files in /etc/default/grub.d, then:
#     update-grub
#     On Red Hat, Oracle and Amazon Linux:
#     grubby --update-kernel=ALL --remove-args=ARGUMENT
#     Reboot it, and check before uncordoning:
#     cat /proc/cmdline
#     If the node should have a GPU, find out first why nvidia-smi does not see it.
package eidos.os_hardening.memory_initialised

import data.eidos.lib.kernel_args
import data.eidos.lib.quantities

given_up contains name if {
	some name in ["init_on_alloc", "init_on_free"]
	kernel_args.boolean(input.os.grub, name) == false
}

applicable if count(given_up) > 0

has_gpu if quantities.number(input.gpu.smi["gpu-count"]) > 0

deny contains finding if {
	not has_gpu
	some name in given_up
	actual := kernel_args.last(input.os.grub, name)
	finding := {
		"msg": sprintf("%v=%v is on the kernel line of a node without a GPU, expected it to be absent.", [name, actual]),
		"path": kernel_args.path(input.os.grub, name),
		"actual": actual,
		"expected": "absent",
	}
}
