# METADATA
# title: The kubelet is within the skew that the API server allows
# description: |
#   A kubelet must not be newer than the API server, and at most three minor releases older (two before
#   Kubernetes 1.28). A node that missed upgrades stands in the way of the next one of the control plane,
#   and what a pod asks for that its kubelet does not know is dropped without a word.
# related_resources:
#   - ref: https://kubernetes.io/releases/version-skew-policy/
#     description: Version skew policy
# custom:
#   id: K8S-003
#   severity: high
#   scope: node
#   requires: [k8s.server.version, k8s.node.kubelet-version]
#   params:
#     max_skew:
#       type: integer
#       default: 3
#       minimum: 0
#       maximum: 3
#       description: Minor releases that a kubelet may be older than the API server; lower it to keep upgrades closer together.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     An older kubelet: replace the node with one from an image of the control plane's release, or upgrade it, after:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     With kubeadm, on the drained node, once the packages kubeadm and kubelet are of the new release:
#     kubeadm upgrade node && systemctl daemon-reload && systemctl restart kubelet
#     A newer kubelet: upgrade the control plane to its release; a kubelet is not taken back in place.
package eidos.kubernetes.kubelet_skew

import data.eidos.lib.findings
import data.eidos.lib.versions

server := input.k8s.server.version

kubelet := input.k8s.node["kubelet-version"]

path := `k8s.node["kubelet-version"]`

deny contains findings.unreadable("k8s.server.version", server, "a Kubernetes version") if not versions.line(server)

deny contains findings.unreadable(path, kubelet, "a kubelet version") if not versions.line(kubelet)

deny contains finding if {
	versions.line(server)
	versions.line(kubelet)
	not versions.within_skew(kubelet, server, most)
	finding := {
		"msg": sprintf("Kubelet %v does not go with API server %v: it may be %v minor releases older, and not newer.", [kubelet, server, most]),
		"path": path,
		"actual": kubelet,
		"expected": sprintf("at most %v minor releases older, and not newer", [most]),
	}
}

# Until 1.27 a kubelet could be two older.
most := min([data.params.max_skew, 2]) if versions.older(server, "1.28")

most := data.params.max_skew if versions.at_least(server, "1.28")
