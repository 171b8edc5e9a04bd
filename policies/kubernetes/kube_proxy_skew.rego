# METADATA
# title: kube-proxy is within the skew that the API server allows
# description: |
#   kube-proxy must not be newer than the API server, and at most three minor releases older. Judged where it
#   runs.
# related_resources:
#   - ref: https://kubernetes.io/releases/version-skew-policy/
#     description: Version skew policy
# custom:
#   id: K8S-025
#   severity: high
#   scope: cluster
#   requires: [k8s.server.version, k8s.image]
#   params:
#     max_skew:
#       type: integer
#       default: 3
#       minimum: 0
#       maximum: 3
#       description: Minor releases that kube-proxy may be older than the API server; lower it to keep upgrades closer together.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Bring kube-proxy to the release of the control plane. On EKS:
#     aws eks update-addon --cluster-name CLUSTER --addon-name kube-proxy --addon-version VERSION
#     With kubeadm, apply again the VERSION that the control plane has:
#     kubeadm upgrade apply VERSION
package eidos.kubernetes.kube_proxy_skew

import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.versions

version := input.k8s.server.version

applicable if images.runs(input.k8s.image, ["kube-proxy"])

deny contains findings.unreadable("k8s.server.version", version, "a Kubernetes version") if not versions.line(version)

deny contains findings.unreadable(images.path(proxy), images.tag(proxy), "a kube-proxy version") if {
	some proxy in images.named(input.k8s.image, "kube-proxy")
	not versions.line(images.tag(proxy))
}

deny contains finding if {
	versions.line(version)
	some proxy in images.named(input.k8s.image, "kube-proxy")
	versions.line(proxy.tag)
	not versions.within_skew(proxy.tag, version, data.params.max_skew)
	finding := {
		"msg": sprintf("kube-proxy %v does not go with API server %v.", [proxy.tag, version]),
		"path": images.path(proxy),
		"actual": proxy.tag,
		"expected": sprintf("at most %v minor releases older, and not newer", [data.params.max_skew]),
	}
}
