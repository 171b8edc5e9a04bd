# METADATA
# title: Few may read every Secret
# description: |
#   get, list or watch of Secrets in all namespaces gives away registry credentials, Helm values and tokens of
#   every tenant. list alone already shows their content.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-034
#   severity: high
#   scope: cluster
#   requires: [k8s.rbac.secrets-read]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["kube-system/*", "system:*", "eks:*", "gpu-operator/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.2}
#     - {framework: kubescape, id: C-0015}
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     Grant get on the named Secrets, in their namespace, with a Role and resourceNames.
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.secret_reading_limited

import data.eidos.lib.grants

deny contains finding if {
	some finding in grants.violations(input.k8s.rbac, "secrets-read", data.params.allowed, "read every Secret")
}
