# METADATA
# title: What the kernel line tunes is in force
# description: |
#   Fewer huge pages than the kernel line asks for means that memory was too fragmented or that an
#   agent took them back: jobs then fail to pin buffers. More means that something else allocates
#   memory that no declaration mentions, and workloads miss it; that warns. Only pages of the default
#   size are compared, because only they are counted in vm.nr_hugepages. Page migration between NUMA
#   nodes must be what numa_balancing= says.
# related_resources:
#   - ref: https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
#     description: Huge pages, hugepages= and nr_hugepages
#   - ref: https://github.com/NVIDIA/skyhook-packages
#     description: NVIDIA tuning profiles for nodes
# custom:
#   id: OS-020
#   severity: medium
#   scope: node
#   requires:
#     - os.grub
#     - os.sysctl["/proc/sys/vm/nr_hugepages"]
#     - os.sysctl["/proc/sys/kernel/osrelease"]
#   reads: ['os.sysctl["/proc/sys/kernel/numa_balancing"]']
#   controls:
#     - {framework: nvidia-docs, id: skyhook-packages/nvidia-gb200-performance}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Fewer huge pages than declared: reboot the node, because memory is whole only at boot, after:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     More: find who adds them (often the EFA installer or a tuned profile) and declare the sum in hugepages=:
#     grep -r nr_hugepages /etc/sysctl.d /usr/lib/sysctl.d /etc/tuned
#     NUMA balancing: remove the file that sets kernel.numa_balancing to another value, then:
#     sysctl --system
package eidos.os_hardening.boot_tuning_in_force

import data.eidos.lib.findings
import data.eidos.lib.hugepages
import data.eidos.lib.kernel_args
import data.eidos.lib.sysctls

grub := input.os.grub

pages_key := "/proc/sys/vm/nr_hugepages"

balancing_key := "/proc/sys/kernel/numa_balancing"

applicable if {
	some name in ["hugepages", "numa_balancing"]
	kernel_args.present(grub, name)
}

live := sysctls.integer(input.os.sysctl[pages_key])

size := hugepages.default_size(grub, input.os.sysctl["/proc/sys/kernel/osrelease"])

declared := hugepages.declared(grub, size)

deny contains finding if {
	live < declared
	finding := pages_finding("fewer")
}

warn contains finding if {
	declared > 0
	live > declared
	finding := pages_finding("more")
}

pages_finding(difference) := {
	"msg": sprintf(
		"vm.nr_hugepages is %v, %v than the %v huge pages of %v that the kernel line declares.",
		[live, difference, declared, size],
	),
	"path": sysctls.path(pages_key),
	"actual": live,
	"expected": declared,
}

deny contains findings.unreadable(sysctls.path(pages_key), input.os.sysctl[pages_key], "a number of pages") if not live

deny contains unreadable_declaration if not declared

unreadable_declaration := findings.unreadable("os.grub.hugepages", kernel_args.values(grub, "hugepages"), "numbers of pages with their sizes")

balancing_values := {"disable": {0}, "enable": {1, 2, 3}}

deny contains finding if {
	said := kernel_args.last(grub, "numa_balancing")
	actual := input.os.sysctl[balancing_key]
	not agrees(said, actual)
	finding := {
		"msg": sprintf("The kernel line says numa_balancing=%v, but kernel.numa_balancing is %v, expected them to agree.", [said, actual]),
		"path": sysctls.path(balancing_key),
		"actual": actual,
		"expected": said,
	}
}

agrees(said, actual) if sysctls.integer(actual) in balancing_values[said]
