# METADATA
# title: Few may start pods and volumes everywhere
# description: |
#   Whoever can create pods in all namespaces can run as any service account there, and whoever can create
#   persistent volumes can mount any folder of a node by hostPath.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-037
#   severity: medium
#   scope: cluster
#   requires: [k8s.rbac.pods-create, k8s.rbac.volumes-create]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["kube-system/*", "system:*", "eks:*", "gpu-operator/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.4}
#     - {framework: cis-kubernetes, id: 5.1.9}
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     Bind the role with a RoleBinding in the namespaces where it is needed; let a storage class make volumes.
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.pod_creation_limited

import data.eidos.lib.grants

powers := {
	"pods-create": "start pods in every namespace",
	"volumes-create": "make volumes of any folder of a node",
}

deny contains finding if {
	some power, words in powers
	some finding in grants.violations(input.k8s.rbac, power, data.params.allowed, words)
}
