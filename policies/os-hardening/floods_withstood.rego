# METADATA
# title: The node withstands floods of half-open connections
# description: |
#   SYN cookies keep a server answering when somebody opens connections and leaves them; a node that answers
#   broadcast pings helps to flood others, and bogus ICMP errors fill its log.
# related_resources:
#   - ref: https://docs.kernel.org/networking/ip-sysctl.html
#     description: Linux kernel documentation
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-017
#   severity: low
#   scope: node
#   requires:
#     - 'os.sysctl["/proc/sys/net/ipv4/tcp_syncookies"]'
#     - 'os.sysctl["/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts"]'
#     - 'os.sysctl["/proc/sys/net/ipv4/icmp_ignore_bogus_error_responses"]'
#   tags: [network]
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 3.3.3}
#     - {framework: cis-ubuntu-24.04, id: 3.3.4}
#     - {framework: cis-ubuntu-24.04, id: 3.3.10}
#     - {framework: nist-800-53, id: SC-5}
#   remediation: |
#     Keep the settings, on the node and in its image:
#     printf 'net.ipv4.tcp_syncookies = 1\nnet.ipv4.icmp_echo_ignore_broadcasts = 1\nnet.ipv4.icmp_ignore_bogus_error_responses = 1\n' > /etc/sysctl.d/61-floods-withstood.conf
#     Apply them:
#     sysctl --system
#     No reboot is needed.
package eidos.os_hardening.floods_withstood

import data.eidos.lib.sysctls

wanted := [
	{"key": "/proc/sys/net/ipv4/tcp_syncookies", "op": "==", "value": 1},
	{"key": "/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts", "op": "==", "value": 1},
	{"key": "/proc/sys/net/ipv4/icmp_ignore_bogus_error_responses", "op": "==", "value": 1},
]

deny contains finding if {
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
