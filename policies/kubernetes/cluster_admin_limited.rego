# METADATA
# title: Few may do everything
# description: |
#   cluster-admin reads every Secret, runs on every node and changes every role. Each subject that has it is
#   a way to own all GPUs of the cluster; an operator's chart rarely needs it.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-017
#   severity: high
#   scope: cluster
#   requires: [k8s.rbac.cluster-admin]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["system:masters", "kube-system/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.1}
#     - {framework: kubescape, id: C-0035}
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     Bind a role that lists what the subject does, then delete the binding:
#     kubectl delete clusterrolebinding NAME
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.cluster_admin_limited

import data.eidos.lib.grants

deny contains finding if {
	some finding in grants.violations(input.k8s.rbac, "cluster-admin", data.params.allowed, "do everything")
}
