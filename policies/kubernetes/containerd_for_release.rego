# METADATA
# title: containerd is new enough for the Kubernetes release
# description: |
#   Kubernetes 1.35 is the last release that supports containerd 1. A control plane upgrade past it needs
#   containerd 2 on every node first.
# related_resources:
#   - ref: https://kubernetes.io/blog/2025/11/26/kubernetes-v1-35-sneak-peek/
#     description: Kubernetes 1.35, final call for containerd 1
#   - ref: https://containerd.io/releases/
#     description: containerd, Kubernetes support
# custom:
#   id: K8S-027
#   severity: high
#   scope: node
#   requires: [k8s.server.version, k8s.node.container-runtime-name, k8s.node.container-runtime-version]
#   params:
#     last_release:
#       type: string
#       format: version
#       default: "1.35"
#       description: Last Kubernetes minor release that supports an older containerd; change it together with first_containerd.
#     first_containerd:
#       type: string
#       format: version
#       default: "2.0"
#       description: First containerd version that newer Kubernetes releases support; change it together with last_release.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Replace the nodes with an image that has containerd 2.3 or newer, before the control plane goes to 1.36. Each
#     node after:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Bring the image's /etc/containerd/config.toml to the new format; this prints it:
#     containerd config migrate
package eidos.kubernetes.containerd_for_release

import data.eidos.lib.findings
import data.eidos.lib.versions

server := input.k8s.server.version

release := versions.line(server)

version := input.k8s.node["container-runtime-version"]

path := `k8s.node["container-runtime-version"]`

applicable if input.k8s.node["container-runtime-name"] == "containerd"

deny contains findings.unreadable("k8s.server.version", server, "a Kubernetes version") if not release

deny contains findings.unreadable(path, version, "a containerd version") if not versions.readable(version)

deny contains finding(sprintf("containerd %v does not support Kubernetes %v.", [version, release])) if {
	too_old
	versions.older(data.params.last_release, release)
}

warn contains finding(sprintf("containerd %v supports no Kubernetes after %v.", [version, release])) if {
	too_old
	release == data.params.last_release
}

too_old if versions.older(version, data.params.first_containerd)

finding(msg) := {
	"msg": msg,
	"path": path,
	"actual": version,
	"expected": sprintf(">= %v", [data.params.first_containerd]),
}
