# METADATA
# title: The kernel has the settings the kubelet expects
# description: |
#   The kubelet sets or, with protectKernelDefaults, demands these values. Where they differ another
#   agent overwrites them: then a kubelet with protectKernelDefaults does not start, and a node that
#   hangs in a kernel panic is not rebooted.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration, protectKernelDefaults
# custom:
#   id: OS-023
#   severity: low
#   scope: node
#   requires:
#     - os.sysctl["/proc/sys/vm/overcommit_memory"]
#     - os.sysctl["/proc/sys/vm/panic_on_oom"]
#     - os.sysctl["/proc/sys/kernel/panic"]
#     - os.sysctl["/proc/sys/kernel/panic_on_oops"]
#     - os.sysctl["/proc/sys/kernel/keys/root_maxkeys"]
#     - os.sysctl["/proc/sys/kernel/keys/root_maxbytes"]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Write the expected values to /etc/sysctl.d/90-kubelet.conf, on the node and in its image, then:
#     sysctl --system
#     If a value comes back, remove the file that sets it:
#     grep -rE "overcommit_memory|panic" /etc/sysctl.d /usr/lib/sysctl.d /etc/tuned
package eidos.os_hardening.kubelet_kernel_defaults

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [
		{"key": "/proc/sys/vm/overcommit_memory", "op": "==", "value": 1},
		{"key": "/proc/sys/vm/panic_on_oom", "op": "==", "value": 0},
		{"key": "/proc/sys/kernel/panic", "op": "==", "value": 10},
		{"key": "/proc/sys/kernel/panic_on_oops", "op": "==", "value": 1},
		{"key": "/proc/sys/kernel/keys/root_maxkeys", "op": ">=", "value": 1000000},
		{"key": "/proc/sys/kernel/keys/root_maxbytes", "op": ">=", "value": 25000000},
	]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
