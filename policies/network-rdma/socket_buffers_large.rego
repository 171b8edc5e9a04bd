# METADATA
# title: Socket buffers are large enough for fast links
# description: |
#   NCCL over TCP, and every copy of a model, can fill a link of 100 Gbit/s only if a socket buffer holds all
#   data in flight: 16 MiB and more. The default of 208 KiB suits links a hundred times slower.
# related_resources:
#   - ref: https://docs.kernel.org/networking/ip-sysctl.html
#     description: Linux kernel documentation
#   - ref: https://fasterdata.es.net/host-tuning/linux/
#     description: Host tuning, ESnet
# custom:
#   id: NET-014
#   severity: low
#   scope: node
#   requires: ['os.sysctl["/proc/sys/net/core/rmem_max"]', 'os.sysctl["/proc/sys/net/core/wmem_max"]']
#   tags: [network, tuning]
#   controls:
#     - {framework: nvidia-docs, id: network-tuning}
#   remediation: |
#     Keep the settings, on the node and in its image:
#     printf 'net.core.rmem_max = 16777216\nnet.core.wmem_max = 16777216\n' > /etc/sysctl.d/61-socket-buffers-large.conf
#     Apply them:
#     sysctl --system
#     No reboot is needed; open connections keep theirs.
package eidos.network_rdma.socket_buffers_large

import data.eidos.lib.sysctls

wanted := [
	{"key": "/proc/sys/net/core/rmem_max", "op": ">=", "value": 16777216},
	{"key": "/proc/sys/net/core/wmem_max", "op": ">=", "value": 16777216},
]

deny contains finding if {
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
