# METADATA
# title: Kernel limits leave room for many containers
# description: |
#   Distribution defaults of these limits are made for one service per host. On a GPU node they show
#   as watchers that fail ("too many open files"), as processes that cannot start, and as CUDA
#   mappings that fail. The values are those of NVIDIA's and Amazon's node images; more is fine.
# related_resources:
#   - ref: https://github.com/awslabs/amazon-eks-ami
#     description: Amazon EKS node image
#   - ref: https://github.com/NVIDIA/skyhook-packages
#     description: NVIDIA tuning profiles for nodes
# custom:
#   id: OS-024
#   severity: low
#   scope: node
#   requires:
#     - os.sysctl["/proc/sys/fs/inotify/max_user_instances"]
#     - os.sysctl["/proc/sys/fs/inotify/max_user_watches"]
#     - os.sysctl["/proc/sys/fs/file-max"]
#     - os.sysctl["/proc/sys/fs/nr_open"]
#     - os.sysctl["/proc/sys/kernel/pid_max"]
#     - os.sysctl["/proc/sys/vm/max_map_count"]
#   params:
#     inotify_instances:
#       type: integer
#       default: 8192
#       minimum: 128
#       maximum: 2147483647
#       description: Smallest accepted limit of inotify instances per user; raise it if watchers still fail with 'too many open files'.
#     inotify_watches:
#       type: integer
#       default: 524288
#       minimum: 8192
#       maximum: 2147483647
#       description: Smallest accepted limit of inotify watches per user; raise it if watchers still fail with 'no space left on device'.
#     file_max:
#       type: integer
#       default: 2097152
#       minimum: 65536
#       maximum: 1000000000
#       description: Smallest accepted limit of open files on the whole node; raise it for nodes that run very many containers.
#     nr_open:
#       type: integer
#       default: 1048576
#       minimum: 65536
#       maximum: 2147483647
#       description: Smallest accepted limit of open files of one process; raise it if a service of yours needs more.
#     pid_max:
#       type: integer
#       default: 4194304
#       minimum: 32768
#       maximum: 4194304
#       description: Smallest accepted limit of processes and threads on the whole node; lower it only if your software cannot take large process ids.
#     max_map_count:
#       type: integer
#       default: 262144
#       minimum: 65530
#       maximum: 2147483647
#       description: Smallest accepted limit of memory mappings of one process; raise it if CUDA or a database fails to map memory.
#   controls:
#     - {framework: nvidia-docs, id: skyhook-packages/nvidia-tuned}
#     - {framework: nist-800-53, id: SC-5}
#   remediation: |
#     Write the expected values to /etc/sysctl.d/60-gpu-node.conf, on the node and in its image, for example:
#     fs.inotify.max_user_instances = 8192
#     Apply them:
#     sysctl --system
package eidos.os_hardening.node_limits

import data.eidos.lib.sysctls

deny contains finding if {
	wanted := [
		{"key": "/proc/sys/fs/inotify/max_user_instances", "op": ">=", "value": data.params.inotify_instances},
		{"key": "/proc/sys/fs/inotify/max_user_watches", "op": ">=", "value": data.params.inotify_watches},
		{"key": "/proc/sys/fs/file-max", "op": ">=", "value": data.params.file_max},
		{"key": "/proc/sys/fs/nr_open", "op": ">=", "value": data.params.nr_open},
		{"key": "/proc/sys/kernel/pid_max", "op": ">=", "value": data.params.pid_max},
		{"key": "/proc/sys/vm/max_map_count", "op": ">=", "value": data.params.max_map_count},
	]
	some finding in sysctls.violations(input.os.sysctl, wanted)
}
