# METADATA
# title: AppArmor or SELinux is switched on
# description: |
#   Without a security module nothing limits a container that breaks out. A kernel line that switches one off
#   fails. A kernel line that names none fails on the distributions whose benchmark asks for it
#   (params.explicit_on); elsewhere the distribution's default decides, which a snapshot does not show, so the
#   rule warns. Whether SELinux enforces is not in a snapshot either.
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
#     explicit_on:
#       type: array
#       items: string
#       default: [ubuntu]
#       description: Distributions (ID in /etc/os-release) that must name their security module on the kernel line and fail otherwise; others warn.
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

grub := input.os.grub

named(module) if {
	kernel_args.last(grub, module) == "1"
	not other_chosen(module)
}

named(module) if module in listed

# lsm= chooses, without it security=; with neither the kernel takes what it was built with.
listed := {trim_space(part) | some part in split(kernel_args.last(grub, "lsm"), ",")}

other_chosen(module) if {
	kernel_args.present(grub, "lsm")
	not module in listed
}

other_chosen(module) if {
	some choice in kernel_args.values(grub, "security")
	choice != module
}

off contains {"name": name, "actual": actual, "expected": "1 or absent"} if {
	some name in ["apparmor", "selinux", "enforcing"]
	actual := kernel_args.last(grub, name)
	regex.match(`^\s*0+([xX]0+)?\s*$`, actual)
}

off contains {"name": name, "actual": kernel_args.last(grub, name), "expected": "1 or absent"} if {
	some name in ["apparmor.enabled"]
	kernel_args.boolean(grub, name) == false
}

off contains {"name": name, "actual": mode, "expected": "enforce or absent"} if {
	some name in ["apparmor.mode"]
	mode := kernel_args.last(grub, name)
	lower(mode) in {"complain", "unconfined"}
}

off contains {"name": "lsm", "actual": actual, "expected": "a list with apparmor or selinux"} if {
	actual := kernel_args.last(grub, "lsm")
	count(listed & modules) == 0
}

on if {
	some module in modules
	named(module)
}

deny contains finding if {
	some argument in off
	finding := {
		"msg": sprintf("%v=%v on the kernel line switches the security module off, expected it on.", [argument.name, argument.actual]),
		"path": kernel_args.path(grub, argument.name),
		"actual": argument.actual,
		"expected": argument.expected,
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
