# METADATA
# title: File systems and protocols that no GPU node needs are not loaded
# description: |
#   Rarely used kernel code is where new holes are found. overlay and squashfs are left out: container
#   runtimes and snaps need them. sctp is needed by some CNIs; take it out of params.unused there.
# related_resources:
#   - ref: https://www.cisecurity.org/benchmark/ubuntu_linux
#     description: CIS Ubuntu Linux 24.04 benchmark
# custom:
#   id: OS-018
#   severity: low
#   scope: node
#   requires: [os.kmod]
#   params:
#     unused:
#       type: array
#       items: string
#       default: [cramfs, freevxfs, hfs, hfsplus, jffs2, udf, usb_storage, dccp, tipc, rds, sctp]
#       description: Kernel modules that no GPU node needs; take one out if your site uses it.
#   controls:
#     - {framework: cis-ubuntu-24.04, id: 1.1.1}
#     - {framework: cis-ubuntu-24.04, id: "3.2"}
#     - {framework: nist-800-53, id: CM-7}
#   remediation: |
#     Block each module that the findings name, on the node and in its image:
#     echo 'install MODULE /bin/false' > /etc/modprobe.d/MODULE.conf
#     Unload it; if it is in use, find its user first:
#     modprobe -r MODULE
package eidos.os_hardening.unused_modules_absent

import data.eidos.lib.modules

deny contains finding if {
	some name in data.params.unused
	modules.loaded(input.os.kmod, name)
	finding := {
		"msg": sprintf("Kernel module %v is loaded, expected it blocked.", [name]),
		"path": modules.path(name),
		"actual": "loaded",
		"expected": "not loaded",
		"fix": sprintf("echo 'install %v /bin/false' > /etc/modprobe.d/%v.conf && rmmod %v", [name, name, name]),
	}
}
