# METADATA
# title: The kubelet has a CA for client certificates
# description: |
#   Without authentication.x509.clientCAFile the kubelet cannot tell the API server's client certificate from
#   any other, and can recognise callers only by their tokens.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-010
#   severity: high
#   scope: node
#   requires: [k8s.kubelet.authentication]
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.3}
#     - {framework: kubescape, id: C-0070}
#     - {framework: nist-800-53, id: IA-5}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_client_ca

file := object.get(input.k8s.kubelet.authentication, ["x509", "clientCAFile"], "")

deny contains finding if {
	not is_file
	finding := {
		"msg": "The kubelet has no authority for client certificates.",
		"path": "k8s.kubelet.authentication.x509.clientCAFile",
		"actual": file,
		"expected": "the file of the cluster's authority",
	}
}

is_file if {
	is_string(file)
	startswith(file, "/")
}
