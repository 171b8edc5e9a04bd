# METADATA
# title: Address space layout is fully randomised
# description: |
#   With kernel.randomize_va_space at 2 stack, mappings, VDSO and heap move with every start of a
#   process, so that an exploit cannot know its addresses. 1 leaves the heap in place, 0 everything.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/sysctl/kernel.html#randomize-va-space
#     description: Linux kernel documentation
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-004
#   severity: medium
#   scope: node
#   requires: ['os.sysctl["/proc/sys/kernel/randomize_va_space"]']
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 1.5.1}
#     - {framework: nist-800-53, id: SC-30}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'kernel.randomize_va_space = 2\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl kernel.randomize_va_space
#     No reboot is needed; running processes keep their layout until restarted.
package eidos.os_hardening.aslr_full

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [{"key": "/proc/sys/kernel/randomize_va_space", "op": "==", "value": 2}]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
