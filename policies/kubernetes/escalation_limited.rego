# METADATA
# title: Few may give themselves more than they have
# description: |
#   escalate lets a subject write roles with rights that it lacks, bind lets it hand out such roles, and
#   impersonate lets it act as anybody, cluster-admin included: each is one step from cluster-admin.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-020
#   severity: high
#   scope: cluster
#   requires: [k8s.rbac.escalate, k8s.rbac.bind, k8s.rbac.impersonate]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["kube-system/*", "system:*", "eks:*", "gpu-operator/*"]
#       description: "Who may do this: user and group names, and service accounts as namespace/name; a final * stands for any ending. Add your operators, never a bare *."
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.8}
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     Remove the verbs escalate, bind and impersonate from the role; limit bind and impersonate to names with resourceNames where they must stay.
#     See who has it, and through which binding:
#     kubectl get clusterrolebindings -o wide
#     Who needs it (an operator you know) belongs in the parameter `allowed`, as namespace/name.
package eidos.kubernetes.escalation_limited

import data.eidos.lib.grants

powers := {
	"escalate": "write roles beyond its own",
	"bind": "hand out any role",
	"impersonate": "act as anybody",
}

deny contains finding if {
	some power, words in powers
	some finding in grants.violations(input.k8s.rbac, power, data.params.allowed, words)
}
