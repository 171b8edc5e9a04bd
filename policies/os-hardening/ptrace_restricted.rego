# METADATA
# title: A process cannot trace processes that are not its children
# description: |
#   Without Yama's restriction any process reads the memory of every other process of its user, and
#   so its keys. 1 allows parents to trace their children; cuda-gdb and Nsight attached to a running
#   process need 0, on nodes for debugging only and with a waiver.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/LSM/Yama.html
#     description: Linux kernel documentation of Yama
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-006
#   severity: medium
#   scope: node
#   requires: ['os.sysctl["/proc/sys/kernel/yama/ptrace_scope"]']
#   params:
#     minimum:
#       type: integer
#       default: 1
#       minimum: 1
#       maximum: 3
#       description: Smallest accepted value of kernel.yama.ptrace_scope; raise it to 2 (administrators only) or 3 (nobody).
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 1.5.2}
#     - {framework: nist-800-53, id: SC-7(10)}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'kernel.yama.ptrace_scope = 1\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl kernel.yama.ptrace_scope
#     On Ubuntu look for another value in /etc/sysctl.d/10-ptrace.conf.
package eidos.os_hardening.ptrace_restricted

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [{"key": "/proc/sys/kernel/yama/ptrace_scope", "op": ">=", "value": data.params.minimum}]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
