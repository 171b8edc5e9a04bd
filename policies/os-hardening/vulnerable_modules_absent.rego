# METADATA
# title: Kernel modules with known privilege escalations are not loaded
# description: |
#   algif_aead (Copy Fail) and rxrpc (Dirty Frag) gave any user root on many kernels. Fixed kernels
#   differ by vendor and are not in a snapshot, so a loaded module fails whatever the kernel; a kernel
#   that is fixed deserves a waiver. esp4 and esp6 share the second flaw but may be in use by IPsec or
#   an encrypting CNI, so they warn. A module that is not loaded may still be loaded on demand.
# related_resources:
#   - ref: https://github.com/oracle-quickstart/oci-hpc-oke/blob/main/docs/copy-fail.md
#     description: CVE-2026-31431 and how to block the module
#   - ref: https://github.com/oracle-quickstart/oci-hpc-oke/blob/main/docs/dirty-frag.md
#     description: CVE-2026-43284 and CVE-2026-43500
# custom:
#   id: OS-003
#   severity: high
#   scope: node
#   requires: [os.kmod]
#   params:
#     forbidden:
#       type: object
#       items: string
#       default:
#         algif_aead: CVE-2026-31431
#         rxrpc: CVE-2026-43284 and CVE-2026-43500
#       description: Kernel module to the vulnerability that it has; a loaded one fails. Take one out once your kernel has the fix.
#     suspicious:
#       type: object
#       items: string
#       default:
#         esp4: CVE-2026-43284
#         esp6: CVE-2026-43284
#       description: Kernel module to the vulnerability that it has; a loaded one only warns, since some networks need it.
#   controls:
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-53, id: RA-5}
#   remediation: |
#     Block the module that the finding names, on the node and in its image:
#     echo 'install MODULE /bin/false' > /etc/modprobe.d/MODULE.conf
#     Unload it; if it is in use, drain and reboot the node:
#     modprobe -r MODULE
#     Then install the vendor's fixed kernel.
package eidos.os_hardening.vulnerable_modules_absent

import data.eidos.lib.modules

deny contains found(name, cve) if {
	some name, cve in data.params.forbidden
	modules.loaded(input.os.kmod, name)
}

warn contains found(name, cve) if {
	some name, cve in data.params.suspicious
	modules.loaded(input.os.kmod, name)
}

found(name, cve) := {
	"msg": sprintf("Kernel module %v is loaded, which %v exploits, expected it blocked.", [name, cve]),
	"path": modules.path(name),
	"actual": "loaded",
	"expected": "not loaded",
	"fix": sprintf("echo 'install %v /bin/false' > /etc/modprobe.d/%v.conf && rmmod %v", [name, name, name]),
}
