# METADATA
# title: The kernel settings that the kubelet relies on are set
# description: |
#   The kubelet wants these values, and refuses to start without them under protectKernelDefaults: memory may be
#   overcommitted, an out-of-memory never panics, a kernel error restarts the node, and root has room for the
#   keys of many containers.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration, protectKernelDefaults
#   - ref: https://github.com/kubernetes/component-helpers/blob/master/node/util/sysctl/sysctl.go
#     description: The values
# custom:
#   id: K8S-027
#   severity: medium
#   scope: node
#   requires:
#     - os.sysctl["/proc/sys/vm/overcommit_memory"]
#     - os.sysctl["/proc/sys/vm/panic_on_oom"]
#     - os.sysctl["/proc/sys/kernel/panic"]
#     - os.sysctl["/proc/sys/kernel/panic_on_oops"]
#     - os.sysctl["/proc/sys/kernel/keys/root_maxkeys"]
#     - os.sysctl["/proc/sys/kernel/keys/root_maxbytes"]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.6}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Write the values to /etc/sysctl.d/90-kubelet.conf and run sysctl --system:
#     vm.overcommit_memory=1, vm.panic_on_oom=0, kernel.panic=10, kernel.panic_on_oops=1,
#     kernel.keys.root_maxkeys=1000000, kernel.keys.root_maxbytes=25000000
package eidos.kubernetes.kubelet_kernel_defaults

import data.eidos.lib.sysctls

settings := [
	{"key": "/proc/sys/vm/overcommit_memory", "op": "==", "value": 1},
	{"key": "/proc/sys/vm/panic_on_oom", "op": "==", "value": 0},
	{"key": "/proc/sys/kernel/panic", "op": "==", "value": 10},
	{"key": "/proc/sys/kernel/panic_on_oops", "op": "==", "value": 1},
	{"key": "/proc/sys/kernel/keys/root_maxkeys", "op": "==", "value": 1000000},
	{"key": "/proc/sys/kernel/keys/root_maxbytes", "op": "==", "value": 25000000},
]

deny contains finding if some finding in sysctls.violations(input.os.sysctl, settings)
