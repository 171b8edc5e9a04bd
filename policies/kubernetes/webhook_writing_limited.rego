# METADATA
# title: Few may change admission webhooks
# description: |
#   A webhook sees every object that is written, Secrets included, and may change or refuse it. Whoever can
#   write webhook configurations can also switch off the admission checks that enforce policy.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-036
#   severity: high
#   scope: cluster
#   requires: [k8s.rbac.webhook-write]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["kube-system/*", "system:*", "eks:*", "gpu-operator/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.12}
#     - {framework: nist-800-53, id: CM-5}
#   remediation: |
#     Remove create, update, patch and delete of webhook configurations from the role; leave an operator its own by resourceNames.
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.webhook_writing_limited

import data.eidos.lib.grants

deny contains finding if {
	some finding in grants.violations(input.k8s.rbac, "webhook-write", data.params.allowed, "change admission webhooks")
}
