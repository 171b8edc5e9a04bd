# METADATA
# title: Namespaces of workloads deny what no policy allows
# description: |
#   Without a default-deny policy every pod of the cluster can reach every port in the namespace: rendezvous
#   ports of training jobs, inference servers, notebooks. A network plug-in that does not support
#   NetworkPolicy (flannel) ignores the policy.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
#     description: Network policies
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-022
#   severity: medium
#   scope: cluster
#   requires: [k8s.network-policies]
#   params:
#     exempt:
#       type: array
#       items: string
#       default: ["kube-*", gpu-operator, nvidia-*, network-operator, node-feature-discovery, nvsentinel, nsight-operator, skyhook*, monitoring, local-path-storage, rook-ceph, topolvm-system, amazon-*, gke-*, calico-*, tigera-*, cilium*]
#       description: Namespaces that the rule does not judge, such as those of operators; a final * stands for any ending. Add your own operators, never a bare *.
#   tags: [namespaces]
#   controls:
#     - {framework: cis-kubernetes, id: 5.3.2}
#     - {framework: kubescape, id: C-0030}
#     - {framework: nist-800-53, id: SC-7}
#   remediation: |
#     Write the policies that the namespace's traffic needs first, then deny the rest:
#     printf 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: default-deny}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n' | kubectl apply -n NAMESPACE -f -
package eidos.kubernetes.network_denied_by_default

import data.eidos.lib.booleans
import data.eidos.lib.grants

deny contains finding if {
	some namespace, coverage in input.k8s["network-policies"]
	not grants.named(namespace, data.params.exempt)
	denies := object.get(coverage, "default-deny-ingress", false)
	not booleans.yes(denies)
	finding := {
		"msg": sprintf("Namespace %v lets everybody in.", [namespace]),
		"path": sprintf(`k8s["network-policies"][%q]`, [namespace]),
		"actual": "no default-deny for ingress",
		"expected": "a policy that selects every pod and allows nothing",
		"key": namespace,
	}
}
