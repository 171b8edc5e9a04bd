# METADATA
# title: BPF is closed to unprivileged processes
# description: |
#   Unprivileged BPF has been a way from a container to the kernel more than once. 1 forbids it until
#   the next boot, 2 until an administrator allows it. Hardening of the BPF compiler is judged where
#   the snapshot holds net.core.bpf_jit_harden.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/sysctl/kernel.html#unprivileged-bpf-disabled
#     description: Linux kernel documentation
#   - ref: https://docs.kernel.org/admin-guide/sysctl/net.html#bpf-jit-harden
#     description: Linux kernel documentation
# custom:
#   id: OS-010
#   severity: medium
#   scope: node
#   requires: ['os.sysctl["/proc/sys/kernel/unprivileged_bpf_disabled"]']
#   reads: ['os.sysctl["/proc/sys/net/core/bpf_jit_harden"]']
#   controls:
#     - {framework: nist-800-53, id: AC-6}
#     - {framework: nist-800-53, id: SC-7(10)}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'kernel.unprivileged_bpf_disabled = 1\nnet.core.bpf_jit_harden = 2\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl kernel.unprivileged_bpf_disabled net.core.bpf_jit_harden
#     Cilium and other privileged users of BPF are not affected.
package eidos.os_hardening.bpf_restricted

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [
		{"key": "/proc/sys/kernel/unprivileged_bpf_disabled", "op": ">=", "value": 1},
		{"key": "/proc/sys/net/core/bpf_jit_harden", "op": "==", "value": 2},
	]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
