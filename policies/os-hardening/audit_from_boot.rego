# METADATA
# title: Auditing starts at boot with room for its records
# description: |
#   audit=1 (or on) audits processes that start before auditd, and audit_backlog_limit keeps records from
#   being lost while auditd is not yet there. A tuning drop-in that assigns the kernel line instead of
#   adding to it loses both.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/kernel-parameters.html
#     description: Kernel parameters, audit and audit_backlog_limit
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-014
#   severity: low
#   scope: node
#   requires: [os.grub]
#   params:
#     backlog:
#       type: integer
#       default: 8192
#       minimum: 64
#       maximum: 1048576
#       description: Smallest audit_backlog_limit that is accepted, in messages; raise it if the kernel reports lost audit messages at boot.
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 6.2.1.3}
#     - {framework: cis-ubuntu-24.04, id: 6.2.1.4}
#     - {framework: nist-800-53, id: AU-14}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Add audit=1 and audit_backlog_limit=8192 to GRUB_CMDLINE_LINUX in /etc/default/grub, then:
#     update-grub
#     On Red Hat, Oracle and Amazon Linux:
#     grubby --update-kernel=ALL --args='audit=1 audit_backlog_limit=8192'
#     Reboot it, and check before uncordoning:
#     cat /proc/cmdline
#     If they are missing, make /etc/default/grub.d/99_tuned.cfg append to GRUB_CMDLINE_LINUX_DEFAULT, not assign it.
package eidos.os_hardening.audit_from_boot

import data.eidos.lib.kernel_args
import data.eidos.lib.quantities

audited if lower(kernel_args.last(input.os.grub, "audit")) in {"1", "on"}

roomy if quantities.number(kernel_args.last(input.os.grub, "audit_backlog_limit")) >= data.params.backlog

deny contains finding("audit", "1") if not audited

deny contains finding("audit_backlog_limit", sprintf("%v or more", [data.params.backlog])) if not roomy

finding(name, expected) := {
	"msg": sprintf("%v on the kernel line is %v, expected %v.", [name, shown(name), expected]),
	"path": kernel_args.path(input.os.grub, name),
	"actual": shown(name),
	"expected": expected,
}

shown(name) := kernel_args.last(input.os.grub, name)

shown(name) := "absent" if not kernel_args.present(input.os.grub, name)
