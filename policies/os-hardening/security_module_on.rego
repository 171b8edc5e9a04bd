# METADATA
# title: AppArmor or SELinux is switched on
# description: |
#   Without a security module a container that breaks out is limited by nothing. A kernel line that
#   switches one off fails. A kernel line that names none fails on the distributions whose benchmark
#   asks for it (params.explicit_on); elsewhere the distribution's default decides, which a snapshot
#   does not show, so the verdict is a warning. Whether SELinux enforces is not in a snapshot either.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/LSM/index.html
#     description: Linux security modules
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-013
#   severity: medium
#   scope: node
#   requires: [os.grub, os.release.ID]
#   params:
#     explicit_on: [ubuntu]
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 1.3.1.2}
#     - {framework: nist-800-53, id: AC-3(4)}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Add apparmor=1 and security=apparmor to GRUB_CMDLINE_LINUX in /etc/default/grub, then:
#     update-grub
#     Reboot it, and check before uncordoning:
#     aa-status
#     On Red Hat systems take selinux=0 and enforcing=0 off the kernel line instead:
#     grubby --update-kernel=ALL --remove-args="selinux=0 enforcing=0"
package eidos.os_hardening.security_module_on

import data.eidos.lib.kernel_args

modules := {"apparmor", "selinux"}

switches_off := {"apparmor": {"0"}, "selinux": {"0"}, "enforcing": {"0"}}

named(module) if {
	kernel_args.last(input.os.grub, module) == "1"
	module in chosen
}

named(module) if module in kernel_args.options(input.os.grub, "lsm")

# security= and lsm= choose; with neither the kernel takes what it was built with.
chosen := {module | some module in modules; not other_chosen(module)}

other_chosen(module) if {
	some choice in kernel_args.values(input.os.grub, "security")
	choice != module
}

off contains name if {
	some name, values in switches_off
	kernel_args.last(input.os.grub, name) in values
}

on if {
	some module in modules
	named(module)
}

deny contains finding if {
	some name in off
	finding := {
		"msg": sprintf("%v=0 on the kernel line switches the security module off, expected it on.", [name]),
		"path": kernel_args.path(input.os.grub, name),
		"actual": "0",
		"expected": "1 or absent",
	}
}

unnamed := {
	"msg": "The kernel line switches on neither AppArmor nor SELinux, expected apparmor=1 security=apparmor or selinux=1.",
	"path": "os.grub.security",
	"actual": "absent",
	"expected": "apparmor=1 security=apparmor, or selinux=1",
} if {
	not on
	count(off) == 0
}

deny contains unnamed if input.os.release.ID in data.params.explicit_on

warn contains unnamed if not input.os.release.ID in data.params.explicit_on
