# METADATA
# title: Programs that change privileges leave no core dumps
# description: |
#   A core dump of a set-user-ID program holds memory of a more privileged user. 1 lets anyone make such
#   dumps, 2 writes them for root to read; only 0 makes none.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/sysctl/fs.html#suid-dumpable
#     description: Linux kernel documentation
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-007
#   severity: medium
#   scope: node
#   requires: ['os.sysctl["/proc/sys/fs/suid_dumpable"]']
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 1.5.3}
#     - {framework: nist-800-53, id: SI-11}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'fs.suid_dumpable = 0\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl fs.suid_dumpable
#     Ubuntu's apport sets 2 when it starts; switch it off:
#     systemctl disable --now apport.service
package eidos.os_hardening.suid_core_dumps_off

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [{"key": "/proc/sys/fs/suid_dumpable", "op": "==", "value": 0}]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
