# METADATA
# title: The kernel modules that RDMA programs need are loaded
# description: |
#   An adapter without the user-space modules of the RDMA stack carries IP only: NCCL and MPI fall back
#   to TCP without an error.
# related_resources:
#   - ref: https://docs.kernel.org/infiniband/user_verbs.html
#     description: Userspace verbs access
#   - ref: https://github.com/NVIDIA/skyhook-packages
#     description: NVIDIA tuning profiles for nodes
# custom:
#   id: NET-016
#   severity: medium
#   scope: node
#   requires: [os.kmod]
#   params:
#     needed:
#       type: object
#       items: array
#       default:
#         mlx5_ib: [ib_core, ib_uverbs, rdma_ucm]
#         efa: [ib_core, ib_uverbs]
#       description: Adapter module to the modules that must be loaded with it; add adapters that you use.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/gpu-operator-rdma}
#   remediation: |
#     Load the module that the finding names, on the node (on Ubuntu the package rdma-core loads it at boot):
#     modprobe MODULE
#     Keep it for the next boot, on the node and in its image:
#     echo MODULE >> /etc/modules-load.d/rdma.conf
package eidos.network_rdma.rdma_modules_complete

import data.eidos.lib.modules

adapters := {name | some name, _ in data.params.needed; modules.loaded(input.os.kmod, name)}

applicable if count(adapters) > 0

deny contains finding if {
	some adapter in adapters
	some name in data.params.needed[adapter]
	not modules.loaded(input.os.kmod, name)
	finding := {
		"msg": sprintf("Kernel module %v is loaded without %v, expected both.", [adapter, name]),
		"path": modules.path(adapter),
		"actual": "absent",
		"expected": sprintf("%v loaded", [name]),
		"fix": sprintf("modprobe %v", [name]),
	}
}
