# METADATA
# title: The Kubernetes patch fixes all published vulnerabilities
# description: |
#   Vulnerabilities are fixed in a patch of each supported release. The version of the API server stands for
#   the control plane.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/issues-security/official-cve-feed/
#     description: Official CVE feed
#   - ref: https://github.com/kubernetes/kubernetes/issues/133471
#     description: CVE-2025-5187
# custom:
#   id: K8S-002
#   severity: high
#   scope: cluster
#   requires: [k8s.server.version]
#   tables: [kubernetes_floors]
#   params:
#     unlisted_release:
#       type: string
#       default: fail
#       values: [fail, warn, ignore]
#       description: "What happens with a Kubernetes release that the table does not list: fail, warn, or ignore (not judged); relax it only while you wait for a newer table."
#   controls:
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-53, id: RA-5}
#     - {framework: nist-800-190, id: 4.3.5}
#   remediation: |
#     Upgrade the control plane to the patch that the finding names or newer. EKS does so by itself. On AKS:
#     az aks upgrade --resource-group GROUP --name CLUSTER --kubernetes-version VERSION --control-plane-only
#     On GKE:
#     gcloud container clusters upgrade CLUSTER --master --cluster-version VERSION
#     With kubeadm:
#     kubeadm upgrade apply VERSION
package eidos.kubernetes.patch_floor

import data.eidos.lib.findings
import data.eidos.lib.versions

version := input.k8s.server.version

release := versions.line(version)

listed := data.tables.kubernetes_floors.floors[release]

# What a site chose to ignore was not judged, so it did not pass.
applicable if not ignored

ignored if {
	data.params.unlisted_release == "ignore"
	release
	not listed
}

deny contains findings.unreadable("k8s.server.version", version, "a Kubernetes version") if not release

deny contains finding(msg, sprintf(">= %v", [listed.floor])) if {
	versions.older(version, listed.floor)
	msg := sprintf("Kubernetes %v is below %v, which fixes %v.", [version, listed.floor, listed.fixes])
}

deny contains unlisted if data.params.unlisted_release == "fail"

warn contains unlisted if data.params.unlisted_release == "warn"

unlisted := finding(msg, "a known release") if {
	release
	not listed
	msg := sprintf("It is not known which patch of Kubernetes %v fixes all published vulnerabilities.", [release])
}

finding(msg, expected) := {"msg": msg, "path": "k8s.server.version", "actual": version, "expected": expected}
