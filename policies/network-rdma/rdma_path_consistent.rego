# METADATA
# title: GPU memory reaches the network by one path, the declared one
# description: |
#   GPUDirect RDMA works through DMA-BUF, or through nvidia-peermem, the legacy module that
#   driver.rdma.enabled asks for. Two peer memory modules fight over the same memory. A declared module
#   that is not loaded means that NCCL silently takes another path or that the driver pod waits for it.
#   Where the host owns the driver, its image decides whether the module is there beside DMA-BUF. What NicClusterPolicy declares is not in today's snapshots and is not judged.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-rdma.html
#     description: GPUDirect RDMA with the GPU Operator
#   - ref: https://github.com/NVIDIA/gpu-operator/issues/2868
#     description: nvidia-peermem that cannot be loaded
# custom:
#   id: NET-004
#   severity: high
#   scope: node
#   requires: [os.kmod, k8s.policy]
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/gpu-operator-rdma}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Prefer DMA-BUF and switch the legacy module off:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"rdma":{"enabled":false}}}}'
#     Set driver.rdma.enabled in the chart's values too, or its next upgrade or sync undoes it.
#     Where nvidia-peermem is wanted, install DOCA or MOFED first (ofedDriver in NicClusterPolicy, or on the host
#     with driver.rdma.useHostMofed=true), then set the switch to true. Remove nv_peer_mem where it is left over.
#     Check on the node with:
#     lsmod | grep peer
package eidos.network_rdma.rdma_path_consistent

import data.eidos.lib.booleans
import data.eidos.lib.findings
import data.eidos.lib.modules

kmod := input.os.kmod

switch_path := `k8s.policy["driver.rdma.enabled"]`

# Without these nothing on the node can use the path.
applicable if {
	modules.loaded(kmod, "nvidia")
	modules.loaded(kmod, "ib_core")
}

driver_of_the_host if booleans.no(input.k8s.policy["driver.enabled"])

declared := input.k8s.policy["driver.rdma.enabled"]

deny contains finding if {
	modules.loaded(kmod, "nvidia_peermem")
	modules.loaded(kmod, "nv_peer_mem")
	finding := {
		"msg": "Kernel modules nvidia_peermem and nv_peer_mem are both loaded, expected one at most.",
		"path": modules.path("nv_peer_mem"),
		"actual": "loaded",
		"expected": "not loaded",
	}
}

deny contains finding if {
	booleans.yes(declared)
	not modules.loaded(kmod, "nvidia_peermem")
	finding := {
		"msg": "driver.rdma.enabled is true, but nvidia_peermem is not loaded, expected it loaded or the switch off.",
		"path": switch_path,
		"actual": declared,
		"expected": "false, or nvidia_peermem loaded",
	}
}

deny contains finding if {
	booleans.no(declared)
	not driver_of_the_host
	modules.loaded(kmod, "nvidia_peermem")
	finding := {
		"msg": "nvidia_peermem is loaded, but driver.rdma.enabled is false, expected it not loaded.",
		"path": modules.path("nvidia_peermem"),
		"actual": "loaded",
		"expected": "not loaded",
	}
}

deny contains findings.unreadable(switch_path, declared, "true or false") if {
	not booleans.yes(declared)
	not booleans.no(declared)
}
