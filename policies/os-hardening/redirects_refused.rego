# METADATA
# title: The node ignores redirects and source routes
# description: |
#   A neighbour that sends ICMP redirects, or packets with a source route, can lead the node's traffic through
#   itself. A Kubernetes node gets its routes from its cloud or its network plug-in and needs neither.
# related_resources:
#   - ref: https://docs.kernel.org/networking/ip-sysctl.html
#     description: Linux kernel documentation
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-015
#   severity: medium
#   scope: node
#   requires:
#     - 'os.sysctl["/proc/sys/net/ipv4/conf/all/accept_redirects"]'
#     - 'os.sysctl["/proc/sys/net/ipv4/conf/default/accept_redirects"]'
#     - 'os.sysctl["/proc/sys/net/ipv6/conf/all/accept_redirects"]'
#     - 'os.sysctl["/proc/sys/net/ipv6/conf/default/accept_redirects"]'
#     - 'os.sysctl["/proc/sys/net/ipv4/conf/all/send_redirects"]'
#     - 'os.sysctl["/proc/sys/net/ipv4/conf/default/send_redirects"]'
#     - 'os.sysctl["/proc/sys/net/ipv4/conf/all/accept_source_route"]'
#     - 'os.sysctl["/proc/sys/net/ipv4/conf/default/accept_source_route"]'
#   tags: [network]
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 3.3.2}
#     - {framework: cis-ubuntu-24.04, id: 3.3.5}
#     - {framework: cis-ubuntu-24.04, id: 3.3.8}
#     - {framework: nist-800-53, id: SC-7}
#   remediation: |
#     Keep the settings, on the node and in its image:
#     printf 'net.ipv4.conf.all.accept_redirects = 0\nnet.ipv4.conf.default.accept_redirects = 0\nnet.ipv6.conf.all.accept_redirects = 0\nnet.ipv6.conf.default.accept_redirects = 0\nnet.ipv4.conf.all.send_redirects = 0\nnet.ipv4.conf.default.send_redirects = 0\nnet.ipv4.conf.all.accept_source_route = 0\nnet.ipv4.conf.default.accept_source_route = 0\n' > /etc/sysctl.d/61-redirects-refused.conf
#     Apply them:
#     sysctl --system
#     No reboot is needed. Interfaces that are there already keep theirs until it is set for each, or they come up again.
package eidos.os_hardening.redirects_refused

import data.eidos.lib.sysctls

wanted := [
	{"key": "/proc/sys/net/ipv4/conf/all/accept_redirects", "op": "==", "value": 0},
	{"key": "/proc/sys/net/ipv4/conf/default/accept_redirects", "op": "==", "value": 0},
	{"key": "/proc/sys/net/ipv6/conf/all/accept_redirects", "op": "==", "value": 0},
	{"key": "/proc/sys/net/ipv6/conf/default/accept_redirects", "op": "==", "value": 0},
	{"key": "/proc/sys/net/ipv4/conf/all/send_redirects", "op": "==", "value": 0},
	{"key": "/proc/sys/net/ipv4/conf/default/send_redirects", "op": "==", "value": 0},
	{"key": "/proc/sys/net/ipv4/conf/all/accept_source_route", "op": "==", "value": 0},
	{"key": "/proc/sys/net/ipv4/conf/default/accept_source_route", "op": "==", "value": 0},
]

deny contains finding if {
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
