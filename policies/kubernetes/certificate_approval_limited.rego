# METADATA
# title: Few may approve certificates
# description: |
#   Whoever approves certificatesigningrequests can sign a client certificate for any name and group,
#   including that of a node or, with a signer that allows it, of an administrator.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-035
#   severity: high
#   scope: cluster
#   requires: [k8s.rbac.csr-approve]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["kube-system/*", "system:*", "eks:*", "gpu-operator/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.11}
#     - {framework: nist-800-53, id: IA-5}
#   remediation: |
#     Leave approving to the controller manager; remove update and patch of certificatesigningrequests/approval from the role.
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.certificate_approval_limited

import data.eidos.lib.grants

deny contains finding if {
	some finding in grants.violations(input.k8s.rbac, "csr-approve", data.params.allowed, "approve certificates")
}
