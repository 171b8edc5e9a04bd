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
#     allowed: {type: array, items: string, default: [best-effort, restricted], values: [none, best-effort, restricted, single-numa-node]}
#     gpus: {type: integer, default: 2, minimum: 1, description: From so many GPUs on there is something to place.}
#   tags: [kubelet]
#   controls:
#     - {framework: nvidia-docs, id: gpu-numa-placement}
#   remediation: |
#     Drain the node; a new policy does not start beside running pods:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Set it in the kubelet's configuration and in the template of the node group, with a CPU manager that gives whole cores:
#     printf 'cpuManagerPolicy: static\ntopologyManagerPolicy: best-effort\n' >> /var/lib/kubelet/config.yaml
#     Forget the old placement and restart:
#     rm -f /var/lib/kubelet/cpu_manager_state && systemctl restart kubelet && kubectl uncordon NODE
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
