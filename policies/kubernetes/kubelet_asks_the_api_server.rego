# METADATA
# title: The kubelet asks the API server who may do what
# description: |
#   In the mode AlwaysAllow everybody who can authenticate to the kubelet may run commands in every pod of the
#   node. In the mode Webhook the kubelet asks the API server, so that roles decide.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-009
#   severity: critical
#   scope: node
#   requires: [k8s.kubelet.authorization]
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.2}
#     - {framework: nist-800-53, id: AC-3}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     authorization: {mode: Webhook}
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_asks_the_api_server

mode := object.get(input.k8s.kubelet.authorization, "mode", "absent")

deny contains finding if {
	mode != "Webhook"
	finding := {
		"msg": sprintf("The kubelet's authorization is %v, expected Webhook.", [mode]),
		"path": "k8s.kubelet.authorization.mode",
		"actual": mode,
		"expected": "Webhook",
	}
}
