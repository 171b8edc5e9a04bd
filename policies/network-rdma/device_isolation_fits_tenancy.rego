# METADATA
# title: PCIe isolation is only given up where one tenant owns the node
# description: |
#   Switching off ACS redirection or the IOMMU's translation makes GPU to NIC traffic faster, and lets a
#   device reach memory and devices of other tenants. On a node of a single tenant that is a fair trade;
#   where devices are passed to different tenants it is not. Say which with params.tenancy: single or
#   multi. Until then it warns.
# related_resources:
#   - ref: https://docs.nvidia.com/gpudirect-storage/best-practices-guide/index.html
#     description: GPUDirect Storage, ACS and IOMMU
#   - ref: https://docs.kernel.org/admin-guide/kernel-parameters.html
#     description: Kernel parameters, pci, iommu and iommu.passthrough
# custom:
#   id: NET-011
#   severity: medium
#   scope: node
#   requires: [os.grub]
#   params:
#     tenancy:
#       type: string
#       default: unknown
#       values: [single, multi, unknown]
#       description: Whether a node belongs to a single tenant or to multi; unknown, the default, only warns, so say what is true of your site.
#     weakening:
#       type: object
#       items: array
#       default:
#         iommu: [pt, "off", soft]
#         intel_iommu: ["off"]
#         amd_iommu: ["off"]
#         intremap: ["off", nosid]
#       description: Kernel argument to its values, in lower case, that weaken device isolation; add arguments of newer kernels.
#     weakening_booleans:
#       type: object
#       items: boolean
#       default:
#         iommu.passthrough: true
#         vfio_iommu_type1.allow_unsafe_interrupts: true
#         arm-smmu.disable_bypass: false
#       description: Kernel switch to the setting (true or false) that weakens device isolation; add switches of newer kernels.
#     weakening_pci:
#       type: array
#       items: string
#       default: [disable_acs_redir, noacs, noats]
#       description: Options of the kernel argument pci= that weaken device isolation; add options of newer kernels.
#     switches:
#       type: array
#       items: string
#       default: [pcie_acs_override]
#       description: Kernel arguments whose mere presence weakens device isolation; add those of patched kernels that you run.
#   controls:
#     - {framework: nist-800-53, id: SC-39}
#     - {framework: nvidia-docs, id: gpudirect-storage/best-practices-guide}
#   remediation: |
#     Node of one tenant: set the parameter tenancy of NET-011 to single. Node of several: drain it first:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Remove the argument from /etc/default/grub and /etc/default/grub.d, use ATS on the NICs instead (selective
#     ACS with pci=config_acs=), and write the boot configuration:
#     update-grub
#     On Red Hat, Oracle and Amazon Linux:
#     grubby --update-kernel=ALL --remove-args=ARGUMENT
#     Reboot it, and check before uncordoning:
#     cat /proc/cmdline
package eidos.network_rdma.device_isolation_fits_tenancy

import data.eidos.lib.kernel_args

weak contains {"name": name, "written": sprintf("%v=%v", [name, value])} if {
	some name, values in data.params.weakening
	some value in kernel_args.options(input.os.grub, name)
	lower(value) in values
}

weak contains {"name": name, "written": sprintf("%v=%v", [name, kernel_args.last(input.os.grub, name)])} if {
	some name, value in data.params.weakening_booleans
	kernel_args.boolean(input.os.grub, name) == value
}

weak contains {"name": "pci", "written": sprintf("pci=%v", [option])} if {
	some option in kernel_args.options(input.os.grub, "pci")
	split(option, "=")[0] in data.params.weakening_pci
}

weak contains {"name": name, "written": name} if {
	some name in data.params.switches
	kernel_args.present(input.os.grub, name)
}

deny contains finding if {
	not data.params.tenancy in {"single", "unknown"}
	some argument in weak
	finding := found(argument, sprintf("params.tenancy is %v", [data.params.tenancy]))
}

warn contains finding if {
	data.params.tenancy == "unknown"
	some argument in weak
	finding := found(argument, "nobody said that the node has a single tenant")
}

found(argument, reason) := {
	"msg": sprintf("%v on the kernel line weakens device isolation and %v, expected it to be absent.", [argument.written, reason]),
	"path": kernel_args.path(input.os.grub, argument.name),
	"actual": argument.written,
	"expected": "absent, or params.tenancy: single",
}
