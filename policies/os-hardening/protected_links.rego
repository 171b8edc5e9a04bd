# METADATA
# title: Links, pipes and files in shared folders are protected
# description: |
#   In folders that everyone can write, a planted link, pipe or file makes a privileged program write
#   where an attacker wants. The kernel refuses to follow them when these four settings are on.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-symlinks
#     description: Linux kernel documentation
#   - ref: https://github.com/ComplianceAsCode/content
#     description: ComplianceAsCode, rules sysctl_fs_protected_*
# custom:
#   id: OS-009
#   severity: medium
#   scope: node
#   requires:
#     - os.sysctl["/proc/sys/fs/protected_symlinks"]
#     - os.sysctl["/proc/sys/fs/protected_hardlinks"]
#     - os.sysctl["/proc/sys/fs/protected_fifos"]
#     - os.sysctl["/proc/sys/fs/protected_regular"]
#   controls:
#     - {framework: nist-800-53, id: AC-6(1)}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Keep the setting, on the node and in its image:
#     printf 'fs.protected_symlinks = 1\nfs.protected_hardlinks = 1\nfs.protected_fifos = 1\nfs.protected_regular = 2\n' >> /etc/sysctl.d/60-hardening.conf
#     Apply it:
#     sysctl --system
#     Check what is in force:
#     sysctl fs.protected_symlinks fs.protected_hardlinks fs.protected_fifos fs.protected_regular
package eidos.os_hardening.protected_links

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [
		{"key": "/proc/sys/fs/protected_symlinks", "op": "==", "value": 1},
		{"key": "/proc/sys/fs/protected_hardlinks", "op": "==", "value": 1},
		{"key": "/proc/sys/fs/protected_fifos", "op": ">=", "value": 1},
		{"key": "/proc/sys/fs/protected_regular", "op": "==", "value": 2},
	]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
