# METADATA
# title: Performance events of the kernel are closed to users
# description: |
#   Counters of other processes and of the kernel are a side channel. From 2 on an unprivileged
#   process sees only itself in user mode. The Nsight Operator lowers the value on nodes it profiles;
#   allow that with params.minimum or a waiver, not for every node.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/sysctl/kernel.html#perf-event-paranoid
#     description: Linux kernel documentation
#   - ref: https://docs.nvidia.com/nsight-operator
#     description: NVIDIA Nsight Operator documentation
# custom:
#   id: OS-011
#   severity: low
#   scope: node
#   requires: ['os.sysctl["/proc/sys/kernel/perf_event_paranoid"]']
#   params:
#     minimum:
#       type: integer
#       default: 2
#       minimum: 1
#       maximum: 4
#       description: Smallest accepted value of kernel.perf_event_paranoid; raise it to 3 or 4 on kernels that know it (Debian, Ubuntu).
#   controls:
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'kernel.perf_event_paranoid = 2\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl kernel.perf_event_paranoid
#     If the value comes back, look for machineConfig of the Nsight Operator.
package eidos.os_hardening.perf_events_restricted

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [{"key": "/proc/sys/kernel/perf_event_paranoid", "op": ">=", "value": data.params.minimum}]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
