# METADATA
# title: The kubelet refuses anonymous requests
# description: |
#   With authentication.anonymous.enabled the kubelet accepts requests without credentials. If its
#   authorization allows them, everybody who reaches port 10250 can read logs and run commands in every pod of
#   the node.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-008
#   severity: critical
#   scope: node
#   requires: [k8s.kubelet.authentication]
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.1}
#     - {framework: kubescape, id: C-0069}
#     - {framework: nist-800-53, id: IA-2}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     authentication: {anonymous: {enabled: false}}
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_anonymous_off

import data.eidos.lib.booleans
import data.eidos.lib.findings

anonymous := object.get(input.k8s.kubelet.authentication, ["anonymous", "enabled"], null)

path := "k8s.kubelet.authentication.anonymous.enabled"

deny contains finding if {
	booleans.yes(anonymous)
	finding := {
		"msg": "The kubelet takes requests without a credential.",
		"path": path,
		"actual": anonymous,
		"expected": false,
	}
}

deny contains findings.unreadable(path, anonymous, "true or false") if {
	not booleans.yes(anonymous)
	not booleans.no(anonymous)
}
