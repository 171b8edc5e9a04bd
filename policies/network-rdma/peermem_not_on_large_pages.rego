# METADATA
# title: nvidia-peermem is not asked for on kernels with large pages
# description: |
#   On the -64k kernels of Grace nodes nvidia-peermem does not build or does not match the kernel, and the
#   driver pod restarts for ever. DMA-BUF works there.
# related_resources:
#   - ref: https://github.com/NVIDIA/gpu-operator/issues/2868
#     description: nvidia-peermem on 64k kernels
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-rdma.html
#     description: GPUDirect RDMA with the GPU Operator
# custom:
#   id: NET-006
#   severity: high
#   scope: node
#   requires: ['os.sysctl["/proc/sys/kernel/osrelease"]']
#   reads: [k8s.policy]
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/gpu-operator-rdma}
#   remediation: |
#     Switch the module off; the driver pods restart, and NCCL uses DMA-BUF:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"rdma":{"enabled":false}}}}'
#     Set driver.rdma.enabled in the chart's values too, or its next upgrade or sync undoes it.
package eidos.network_rdma.peermem_not_on_large_pages

import data.eidos.lib.booleans
import data.eidos.lib.findings
import data.eidos.lib.kernels

kernel := input.os.sysctl["/proc/sys/kernel/osrelease"]

path := `k8s.policy["driver.rdma.enabled"]`

declared := input.k8s.policy["driver.rdma.enabled"]

applicable if kernels.large_pages(kernel)

deny contains finding if {
	booleans.yes(declared)
	finding := {
		"msg": sprintf("driver.rdma.enabled is true on kernel %v, expected false, because nvidia-peermem fails there.", [kernel]),
		"path": path,
		"actual": declared,
		"expected": "false",
	}
}

deny contains findings.unreadable(path, declared, "true or false") if {
	not booleans.yes(declared)
	not booleans.no(declared)
}
