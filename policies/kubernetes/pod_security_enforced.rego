# METADATA
# title: Namespaces of workloads enforce Pod Security
# description: |
#   Without the label pod-security.kubernetes.io/enforce a namespace takes privileged pods: one of them with
#   hostPath owns the node and every GPU in it. baseline stops that and lets CUDA, NCCL over sockets and the
#   device plugin's devices through. Operators need privileged: their namespaces stand in the parameter.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-admission/
#     description: Pod Security Admission
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-021
#   severity: high
#   scope: cluster
#   requires: [k8s.pod-security]
#   params:
#     exempt:
#       type: array
#       items: string
#       default: ["kube-*", gpu-operator, nvidia-*, network-operator, node-feature-discovery, nvsentinel, nsight-operator, skyhook*, monitoring, local-path-storage, rook-ceph, topolvm-system, amazon-*, gke-*, calico-*, tigera-*, cilium*]
#       description: Namespaces that the rule does not judge, such as those of operators; a final * stands for any ending. Add your own operators, never a bare *.
#   tags: [namespaces]
#   controls:
#     - {framework: cis-kubernetes, id: 5.2.1}
#     - {framework: kubescape, id: C-0057}
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     See what would be refused, without refusing it:
#     kubectl label --dry-run=server --overwrite ns NAME pod-security.kubernetes.io/enforce=baseline
#     Then set it:
#     kubectl label --overwrite ns NAME pod-security.kubernetes.io/enforce=baseline
#     Running pods stay; the next ones are judged.
package eidos.kubernetes.pod_security_enforced

import data.eidos.lib.grants

deny contains finding if {
	some namespace, labels in input.k8s["pod-security"]
	not grants.named(namespace, data.params.exempt)
	level := object.get(labels, "enforce", "nothing")
	not level in {"baseline", "restricted"}
	finding := {
		"msg": sprintf("Namespace %v enforces %v, expected baseline or restricted.", [namespace, level]),
		"path": sprintf(`k8s["pod-security"][%q]`, [namespace]),
		"actual": level,
		"expected": "baseline or restricted",
		"key": namespace,
	}
}
