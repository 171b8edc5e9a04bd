# METADATA
# title: Few may make tokens of any service account
# description: |
#   Whoever can create serviceaccounts/token in the whole cluster can become any service account, including
#   those of operators that own GPU nodes, and leaves no trace but a token.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-033
#   severity: high
#   scope: cluster
#   requires: [k8s.rbac.token-create]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["kube-system/*", "system:*", "eks:*", "gpu-operator/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.13}
#     - {framework: nist-800-53, id: IA-5}
#   remediation: |
#     Grant create on serviceaccounts/token in the one namespace, for the one name, with a Role and resourceNames.
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.token_creation_limited

import data.eidos.lib.grants

deny contains finding if {
	some finding in grants.violations(input.k8s.rbac, "token-create", data.params.allowed, "make tokens of any service account")
}
