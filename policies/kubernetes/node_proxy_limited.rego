# METADATA
# title: Few may go through the API server to every kubelet
# description: |
#   nodes/proxy lets its owner run commands in every pod of every node, past admission and past the audit
#   log. What reads metrics or the kubelet's configuration needs only nodes/metrics or, from Kubernetes 1.33
#   on, nodes/configz.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-019
#   severity: high
#   scope: cluster
#   requires: [k8s.rbac.nodes-proxy]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["kube-system/*", "system:*", "eks:*", "gpu-operator/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.10}
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     Grant the subresource that is needed (nodes/metrics, nodes/stats, nodes/configz, nodes/healthz) in place of nodes/proxy.
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.node_proxy_limited

import data.eidos.lib.grants

deny contains finding if {
	some finding in grants.violations(input.k8s.rbac, "nodes-proxy", data.params.allowed, "go through the API server to every kubelet")
}
