# METADATA
# title: Magic SysRq keys are off
# description: |
#   SysRq on a console, also a serial or BMC console, reboots the node, kills processes or dumps
#   memory without a login. Any value but 0 leaves some of these on. Whether swap is off is not in
#   today's snapshots and is not judged here.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/sysrq.html
#     description: Linux kernel documentation
#   - ref: https://github.com/ComplianceAsCode/content
#     description: ComplianceAsCode, rule sysctl_kernel_sysrq
# custom:
#   id: OS-019
#   severity: low
#   scope: node
#   requires: ['os.sysctl["/proc/sys/kernel/sysrq"]']
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'kernel.sysrq = 0\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl kernel.sysrq
#     On Ubuntu look for another value in /etc/sysctl.d/10-magic-sysrq.conf.
package eidos.os_hardening.sysrq_off

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [{"key": "/proc/sys/kernel/sysrq", "op": "==", "value": 0}]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
