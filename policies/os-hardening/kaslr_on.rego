# METADATA
# title: The kernel itself is loaded at a random address
# description: |
#   nokaslr on the kernel line puts the kernel where every exploit expects it. It came with a tuning
#   script; no performance gain is known, and NVIDIA's tuning profiles do not set it.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/kernel-parameters.html
#     description: Kernel parameters, nokaslr
#   - ref: https://github.com/NVIDIA/skyhook-packages
#     description: NVIDIA tuning profiles for nodes, without nokaslr
# custom:
#   id: OS-005
#   severity: medium
#   scope: node
#   requires: [os.grub]
#   controls:
#     - {framework: nist-800-53, id: SC-30}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Remove nokaslr from /etc/default/grub, /etc/default/grub.d, or the NodeWright (Skyhook) package that adds it, then:
#     update-grub
#     On Red Hat, Oracle and Amazon Linux:
#     grubby --update-kernel=ALL --remove-args=nokaslr
#     Reboot it, and check before uncordoning:
#     cat /proc/cmdline
package eidos.os_hardening.kaslr_on

import data.eidos.lib.kernel_args

deny contains finding if {
	kernel_args.present(input.os.grub, "nokaslr")
	finding := {
		"msg": "nokaslr is on the kernel line, expected it to be absent.",
		"path": "os.grub.nokaslr",
		"actual": "present",
		"expected": "absent",
	}
}
