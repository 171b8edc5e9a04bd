# METADATA
# title: Mitigations of CPU vulnerabilities are not switched off
# description: |
#   Without them a process reads memory of other processes, tenants and the kernel. Some HPC profiles
#   switch them all off with mitigations=off; on a node that serves a single tenant that can be right
#   and deserves a waiver that says so.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/hw-vuln/index.html
#     description: Hardware vulnerabilities and their kernel parameters
#   - ref: https://github.com/ComplianceAsCode/content
#     description: ComplianceAsCode, rule grub2_mitigation_argument
# custom:
#   id: OS-012
#   severity: high
#   scope: node
#   requires: [os.grub]
#   params:
#     switches:
#       type: array
#       items: string
#       default:
#         - nospectre_v1
#         - nospectre_v2
#         - nospectre_bhb
#         - nospec_store_bypass_disable
#         - nopti
#         - nosmep
#         - nosmap
#         - noibrs
#         - noibpb
#       description: Kernel arguments whose mere presence switches a mitigation off; add those of newer kernels.
#     booleans:
#       type: array
#       items: string
#       default: [kpti]
#       description: Kernel arguments that switch a mitigation off when they are false; add those of newer kernels.
#     off:
#       type: object
#       items: array
#       default:
#         mitigations: ["off", no_user_kernel, no_user_user, no_guest_host, no_guest_guest, no_cross_thread]
#         spectre_v2: ["off"]
#         spectre_v2_user: ["off"]
#         spectre_bhi: ["off"]
#         spec_store_bypass_disable: ["off"]
#         spec_rstack_overflow: ["off"]
#         ssbd: [force-off]
#         pti: ["off"]
#         l1tf: ["off"]
#         mds: ["off"]
#         tsx_async_abort: ["off"]
#         srbds: ["off"]
#         mmio_stale_data: ["off"]
#         retbleed: ["off"]
#         gather_data_sampling: ["off"]
#         reg_file_data_sampling: ["off"]
#         indirect_target_selection: ["off"]
#         tsa: ["off"]
#         vmscape: ["off"]
#         kvm.nx_huge_pages: ["off", never, "0", "n", "no"]
#         kvm-intel.vmentry_l1d_flush: [never]
#         clearcpuid: [smep, smap, "295", "308"]
#       description: Kernel argument to its values, in lower case, that switch a mitigation off; add those of newer kernels.
#   controls:
#     - {framework: nist-800-53, id: CM-6(b)}
#     - {framework: nist-800-53, id: SC-39}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Remove the argument from /etc/default/grub and from the files in /etc/default/grub.d, then:
#     update-grub
#     On Red Hat, Oracle and Amazon Linux:
#     grubby --update-kernel=ALL --remove-args=ARGUMENT
#     Reboot it, and check before uncordoning:
#     grep . /sys/devices/system/cpu/vulnerabilities/*
package eidos.os_hardening.cpu_mitigations_on

import data.eidos.lib.kernel_args

deny contains finding if {
	some name in data.params.switches
	kernel_args.present(input.os.grub, name)
	finding := _finding(name, name)
}

deny contains finding if {
	some name, off in data.params.off
	some option in kernel_args.options(input.os.grub, name)
	some value in split(option, ";")
	lower(trim_space(value)) in off
	finding := _finding(name, sprintf("%v=%v", [name, value]))
}

deny contains finding if {
	some name in data.params.booleans
	kernel_args.boolean(input.os.grub, name) == false
	finding := _finding(name, sprintf("%v=%v", [name, kernel_args.last(input.os.grub, name)]))
}

_finding(name, written) := {
	"msg": sprintf("%v on the kernel line switches a CPU mitigation off, expected it to be absent.", [written]),
	"path": kernel_args.path(input.os.grub, name),
	"actual": written,
	"expected": "absent",
}
