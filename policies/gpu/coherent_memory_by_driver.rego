# METADATA
# title: The driver owns the memory of coherent GPUs
# description: |
#   On Grace Hopper and Grace Blackwell the kernel takes GPU memory for its own by default: pages of pods
#   land there, its size shows as the node's memory, and MIG or resets find it in use. In Kubernetes the
#   driver should own it (CDMM).
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/release-notes.html
#     description: GPU Operator release notes
#   - ref: https://developer.nvidia.com/blog/understanding-memory-management-on-hardware-coherent-platforms/
#     description: Memory management on hardware-coherent platforms
# custom:
#   id: GPU-022
#   severity: medium
#   scope: node
#   requires: [gpu.smi.gpu.model, gpu.driver-params.CoherentGPUMemoryMode]
#   params:
#     models:
#       type: array
#       items: string
#       default: [GH200, GB200, GB300]
#       description: Words in the GPU model's name by which systems with coherent memory are told; add a new generation here.
#   tags: [grace]
#   controls:
#     - {framework: nvidia-docs, id: cdmm}
#   remediation: |
#     Set the option, in the ConfigMap that driver.kernelModuleConfig.name of the ClusterPolicy names, or on the host:
#     printf 'options nvidia NVreg_CoherentGPUMemoryMode=driver\n' > /etc/modprobe.d/nvidia-cdmm.conf
#     It needs driver 580 or newer. Write the boot image (on Red Hat systems: dracut --force):
#     update-initramfs -u
#     Then reboot the node, after:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
package eidos.gpu.coherent_memory_by_driver

model := input.gpu.smi["gpu.model"]

mode := input.gpu["driver-params"].CoherentGPUMemoryMode

applicable if {
	some name in data.params.models
	contains(model, name)
}

deny contains finding if {
	mode != "driver"
	finding := {
		"msg": sprintf("The kernel owns the memory of %v: CoherentGPUMemoryMode is %q, expected driver.", [model, mode]),
		"path": "gpu.driver-params.CoherentGPUMemoryMode",
		"actual": mode,
		"expected": "driver",
	}
}
