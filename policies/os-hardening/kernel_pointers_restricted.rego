# METADATA
# title: Kernel addresses and the kernel log are hidden from users
# description: |
#   Kernel addresses in /proc and in the kernel log undo address space randomisation. kptr_restrict
#   of 1 hides them from processes without CAP_SYSLOG, dmesg_restrict of 1 closes the log to them.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/sysctl/kernel.html#kptr-restrict
#     description: Linux kernel documentation
#   - ref: https://github.com/ComplianceAsCode/content
#     description: ComplianceAsCode, rules sysctl_kernel_kptr_restrict and sysctl_kernel_dmesg_restrict
# custom:
#   id: OS-008
#   severity: low
#   scope: node
#   requires:
#     - os.sysctl["/proc/sys/kernel/kptr_restrict"]
#     - os.sysctl["/proc/sys/kernel/dmesg_restrict"]
#   controls:
#     - {framework: nist-800-53, id: SC-30}
#     - {framework: nist-800-53, id: SI-11}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'kernel.kptr_restrict = 1\nkernel.dmesg_restrict = 1\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl kernel.kptr_restrict kernel.dmesg_restrict
package eidos.os_hardening.kernel_pointers_restricted

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [
		{"key": "/proc/sys/kernel/kptr_restrict", "op": ">=", "value": 1},
		{"key": "/proc/sys/kernel/dmesg_restrict", "op": ">=", "value": 1},
	]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
