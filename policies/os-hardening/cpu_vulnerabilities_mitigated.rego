# METADATA
# title: No processor weakness is left open
# description: |
#   The kernel reports for each known weakness of the processor whether it is mitigated. `Vulnerable` means
#   that a pod may read other pods' memory: the microcode is too old, or the mitigation was turned off on the
#   kernel line.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/hw-vuln/index.html
#     description: Hardware vulnerabilities, Linux kernel documentation
# custom:
#   id: OS-026
#   severity: high
#   scope: node
#   requires: [os.mitigations]
#   params:
#     accepted:
#       type: array
#       items: string
#       default: []
#       description: Names of vulnerabilities, as in /sys/devices/system/cpu/vulnerabilities, whose risk your site accepts; a waiver is better where it should end.
#   tags: [cpu]
#   controls:
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Check whether the kernel line turns it off:
#     cat /proc/cmdline
#     Where it does not, drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Install the newest microcode and kernel on it and in its image, then reboot it:
#     apt-get install --only-upgrade intel-microcode amd64-microcode 'linux-image-*'
#     On Red Hat, Oracle and Amazon Linux:
#     dnf upgrade microcode_ctl 'kernel*'
#     In a virtual machine the host's microcode counts: ask for another host.
#     What you accept (a node of one tenant) belongs in the parameter `accepted`, by the kernel's name: spec_store_bypass.
package eidos.os_hardening.cpu_vulnerabilities_mitigated

deny contains finding if {
	some name, state in input.os.mitigations
	not closed(state)
	not name in data.params.accepted
	finding := {
		"msg": sprintf("%v: %v.", [name, state]),
		"path": sprintf("os.mitigations.%v", [name]),
		"actual": state,
		"expected": "Not affected, or Mitigation: ...",
		"key": name,
	}
}

closed(state) if {
	is_string(state)
	regex.match(`^(Not affected|Mitigation|KVM: (Mitigation|Not affected))`, state)
	not contains(state, "Vulnerable")
}
