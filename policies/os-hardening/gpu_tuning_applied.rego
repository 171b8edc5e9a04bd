# METADATA
# title: NVIDIA's tuning profile for the GPU is applied
# description: |
#   NVIDIA publishes what it sets on nodes with its rack-scale GPUs. A node that lacks part of it runs,
#   but slower or with failures under load. The mode of the IOMMU is judged by NET-012, huge pages by
#   OS-020.
# related_resources:
#   - ref: https://github.com/NVIDIA/skyhook-packages
#     description: NVIDIA tuning profiles for nodes
#   - ref: https://docs.nvidia.com/grace-perf-tuning-guide/
#     description: NVIDIA Grace performance tuning guide
# custom:
#   id: OS-021
#   severity: medium
#   scope: node
#   requires: [gpu.smi, os.grub]
#   reads:
#     - 'systemd["containerd.service"]'
#     - 'os.sysctl["/proc/sys/fs/inotify/max_user_instances"]'
#     - 'os.sysctl["/proc/sys/fs/inotify/max_user_watches"]'
#     - 'os.sysctl["/proc/sys/kernel/threads-max"]'
#     - 'os.sysctl["/proc/sys/vm/max_map_count"]'
#     - 'os.sysctl["/proc/sys/vm/min_free_kbytes"]'
#     - 'os.sysctl["/proc/sys/vm/overcommit_memory"]'
#   tables: [gpu_tuning]
#   controls:
#     - {framework: nvidia-docs, id: skyhook-packages/nvidia-gb200-performance}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Apply the profile with NodeWright (once Skyhook; package nvidia-tuned, with the accelerator of the node) and let it reboot the
#     node. Or set the expected sysctls in /etc/sysctl.d/60-gpu.conf, the arguments in /etc/default/grub, and the
#     limits in /etc/systemd/system/containerd.service.d, and reboot the drained node. Afterwards check that audit=1
#     and apparmor=1 are still there (/etc/default/grub.d/99_tuned.cfg may have replaced the line):
#     cat /proc/cmdline
package eidos.os_hardening.gpu_tuning_applied

import data.eidos.lib.kernel_args
import data.eidos.lib.sysctls
import data.eidos.lib.units

profiles contains profile if {
	some profile in data.tables.gpu_tuning.profiles
	some model in profile.models
	is_string(input.gpu.smi["gpu.model"])
	contains(input.gpu.smi["gpu.model"], model)
}

applicable if count(profiles) > 0

deny contains finding if {
	some profile in profiles
	some wanted in profile.kernel_args
	not said(wanted)
	finding := {
		"msg": sprintf("%v on the kernel line is %v, expected %v (%v).", [wanted.name, shown(wanted.name), wanted.value, profile.name]),
		"path": kernel_args.path(input.os.grub, wanted.name),
		"actual": shown(wanted.name),
		"expected": wanted.value,
	}
}

said(wanted) if kernel_args.last(input.os.grub, wanted.name) == wanted.value

# init_on_alloc=off is init_on_alloc=0.
said(wanted) if kernel_args.boolean(input.os.grub, wanted.name) == kernel_args.boolean({wanted.name: wanted.value}, wanted.name)

shown(name) := kernel_args.last(input.os.grub, name)

shown(name) := "absent" if not kernel_args.present(input.os.grub, name)

deny contains finding if {
	some profile in profiles
	some finding in sysctls.violations(input.os.sysctl, profile.sysctls)
}

deny contains finding if {
	found := object.keys(input.os.sysctl)
	some profile in profiles
	some wanted in profile.sysctls
	not wanted.key in found
	finding := {
		"msg": sprintf("%v is not in the snapshot, expected %v %v.", [sysctls.name(wanted.key), wanted.op, wanted.value]),
		"path": sysctls.path(wanted.key),
		"actual": "absent",
		"expected": sprintf("%v %v", [wanted.op, wanted.value]),
	}
}

deny contains finding if {
	unit := input.systemd["containerd.service"]
	units.loaded(unit)
	some profile in profiles
	some wanted in profile.limits
	not roomy(unit, wanted)
	actual := object.get(unit, wanted.property, "absent")
	finding := {
		"msg": sprintf("%v of containerd.service is %v, expected at least %v (%v).", [wanted.property, actual, wanted.minimum, profile.name]),
		"path": units.path("containerd.service", wanted.property),
		"actual": actual,
		"expected": sprintf(">= %v", [wanted.minimum]),
	}
}

roomy(unit, wanted) if sysctls.integer(unit[wanted.property]) >= wanted.minimum

roomy(unit, wanted) if units.infinite(unit[wanted.property])
