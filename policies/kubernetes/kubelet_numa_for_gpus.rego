# METADATA
# title: GPU nodes place pods by NUMA
# description: |
#   A pod whose processors sit on one socket and whose GPUs on the other copies everything over the link
#   between them. With the policy none the kubelet does not look. best-effort and restricted do; single-
#   numa-node refuses pods that want more GPUs than one node of NUMA has, which every training job on eight
#   GPUs does.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/administer-cluster/topology-manager/
#     description: Topology manager
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
# custom:
#   id: K8S-016
#   severity: low
#   scope: node
#   requires: [k8s.kubelet.topologyManagerPolicy, gpu.smi.gpu-count]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: [best-effort, restricted]
#       values: [none, best-effort, restricted, single-numa-node]
#       description: Topology manager policies that are accepted; add single-numa-node if your pods fit one NUMA node.
#     gpus:
#       type: integer
#       default: 2
#       minimum: 1
#       maximum: 16
#       description: GPUs per node from which the rule applies; raise it if small nodes need no NUMA placement.
#   tags: [kubelet]
#   controls:
#     - {framework: nvidia-docs, id: gpu-numa-placement}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml) in place of
#     what stands there, and in the template of the node group, so that new nodes have it too:
#     topologyManagerPolicy: best-effort
#     Beside it, for whole cores (the kubelet does not start without reservedSystemCPUs, or kubeReserved with cpu):
#     cpuManagerPolicy: static
#     Drain the node; a new policy does not start beside running pods:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Forget the old placement on the node and restart, then uncordon it:
#     rm -f /var/lib/kubelet/cpu_manager_state /var/lib/kubelet/memory_manager_state && systemctl restart kubelet
package eidos.kubernetes.kubelet_numa_for_gpus

import data.eidos.lib.quantities

policy := input.k8s.kubelet.topologyManagerPolicy

applicable if quantities.number(input.gpu.smi["gpu-count"]) >= data.params.gpus

deny contains finding if {
	not policy in data.params.allowed
	finding := {
		"msg": sprintf("The topology manager's policy is %v, expected %v.", [policy, concat(" or ", data.params.allowed)]),
		"path": "k8s.kubelet.topologyManagerPolicy",
		"actual": policy,
		"expected": concat(" or ", data.params.allowed),
	}
}
