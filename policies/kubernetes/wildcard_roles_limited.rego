# METADATA
# title: Roles say what they allow
# description: |
#   A `*` in a role also allows what does not exist yet: the next custom resource, the next verb. Charts of
#   operators often have such roles, and nobody can tell from them what they are for.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-018
#   severity: medium
#   scope: cluster
#   requires: [k8s.rbac.wildcard-roles]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: ["ClusterRole/cluster-admin", "ClusterRole/system:*"]
#       description: Roles that may use wildcards, as Kind/name; a final * stands for any ending. Add a role after you reviewed it, never a bare *.
#   tags: [rbac]
#   controls:
#     - {framework: cis-kubernetes, id: 5.1.3}
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     See what the role is used for, and write the resources and verbs out:
#     kubectl get clusterrole NAME -o yaml
#     A role of an operator's chart that you cannot change belongs in the parameter `allowed`, as ClusterRole/NAME.
package eidos.kubernetes.wildcard_roles_limited

import data.eidos.lib.booleans
import data.eidos.lib.grants

deny contains finding if {
	some place, entry in input.k8s.rbac["wildcard-roles"]
	not booleans.yes(object.get(entry, "default", false))
	not grants.named(entry.role, data.params.allowed)
	where := concat(", ", entry.fields)
	finding := {
		"msg": sprintf("%v has a * in %v.", [entry.role, where]),
		"path": sprintf(`k8s.rbac["wildcard-roles"][%v]`, [place]),
		"actual": where,
		"expected": "names",
		"key": sprintf("%v %v", [object.get(entry, "namespace", ""), entry.role]),
	}
}
