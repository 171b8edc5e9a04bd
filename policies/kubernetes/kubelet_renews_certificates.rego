# METADATA
# title: The kubelet renews its client certificate
# description: |
#   A client certificate that is not renewed expires after a year and takes the node out of the cluster.
#   Renewal also limits how long a stolen one is of use. Not judged where the provider's kubelets sign in with
#   tokens and have no client certificate, as on EKS.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-012
#   severity: medium
#   scope: node
#   requires: [k8s.kubelet.authentication, k8s.node.provider]
#   reads: [k8s.kubelet.rotateCertificates]
#   params:
#     by_token:
#       type: array
#       items: string
#       default: [eks]
#       description: Providers whose kubelets sign in with tokens and so have no client certificate; their nodes are not judged.
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.10}
#     - {framework: nist-800-53, id: SC-12}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     rotateCertificates: true
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_renews_certificates

import data.eidos.lib.booleans

applicable if not input.k8s.node.provider in data.params.by_token

value := object.get(input.k8s.kubelet, "rotateCertificates", false)

deny contains finding if {
	not booleans.yes(value)
	finding := {
		"msg": "The kubelet does not renew its client certificate.",
		"path": "k8s.kubelet.rotateCertificates",
		"actual": value,
		"expected": true,
	}
}
