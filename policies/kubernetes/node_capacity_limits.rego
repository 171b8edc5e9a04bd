# METADATA
# title: Kernel limits suit a node full of GPU pods
# description: |
#   Defaults of distributions run out on big nodes: watches of files and processes fail first, and kubelet,
#   log shippers and data loaders break in ways that do not name the limit.
# related_resources:
#   - ref: https://github.com/awslabs/amazon-eks-ami
#     description: Values in the EKS node image
#   - ref: https://github.com/NVIDIA/nodewright-packages
#     description: Values in NVIDIA's tuning packages
# custom:
#   id: K8S-028
#   severity: low
#   scope: node
#   requires:
#     - os.sysctl["/proc/sys/fs/inotify/max_user_instances"]
#     - os.sysctl["/proc/sys/fs/inotify/max_user_watches"]
#     - os.sysctl["/proc/sys/kernel/pid_max"]
#     - os.sysctl["/proc/sys/vm/max_map_count"]
#   params:
#     least:
#       /proc/sys/fs/inotify/max_user_instances: 8192
#       /proc/sys/fs/inotify/max_user_watches: 524288
#       /proc/sys/kernel/pid_max: 4194304
#       /proc/sys/vm/max_map_count: 262144
#   controls:
#     - {framework: nist-800-53, id: SC-5}
#     - {framework: nvidia-docs, id: node-tuning}
#   remediation: |
#     Write the values to /etc/sysctl.d/90-gpu-node.conf and run sysctl --system:
#     fs.inotify.max_user_instances=8192, fs.inotify.max_user_watches=524288,
#     kernel.pid_max=4194304, vm.max_map_count=262144
package eidos.kubernetes.node_capacity_limits

import data.eidos.lib.sysctls

settings := [{"key": key, "op": ">=", "value": least} | some key, least in data.params.least]

deny contains finding if some finding in sysctls.violations(input.os.sysctl, settings)
