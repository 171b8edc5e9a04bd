# METADATA
# title: The nouveau module is not loaded
# description: |
#   nouveau takes the GPU before the NVIDIA driver can, and the driver container then waits for ever.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/troubleshooting.html
#     description: GPU Operator, troubleshooting
# custom:
#   id: GPU-015
#   severity: high
#   scope: node
#   requires: [os.kmod]
#   controls:
#     - {framework: nvidia-docs, id: disable-nouveau}
#     - {framework: nist-800-53, id: CM-7}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Block the module, on the node and in its image:
#     printf 'blacklist nouveau\noptions nouveau modeset=0\n' > /etc/modprobe.d/blacklist-nouveau.conf
#     Write the boot image (on Red Hat systems: dracut --force), then reboot:
#     update-initramfs -u
package eidos.gpu.nouveau_not_loaded

import data.eidos.lib.modules

deny contains finding if {
	modules.loaded(input.os.kmod, "nouveau")
	finding := {
		"msg": "The module nouveau is loaded and holds the GPU.",
		"path": modules.path("nouveau"),
		"actual": "loaded",
		"expected": "not loaded",
	}
}
