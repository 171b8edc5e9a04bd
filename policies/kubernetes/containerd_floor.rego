# METADATA
# title: containerd fixes all published vulnerabilities and is supported
# description: |
#   Every container of the node runs through containerd. Distributions that patch an older version
#   themselves keep its number; waive the finding with their advisory.
# related_resources:
#   - ref: https://github.com/containerd/containerd/security/advisories
#     description: containerd security advisories
#   - ref: https://github.com/containerd/containerd/blob/main/RELEASES.md
#     description: containerd releases and their support
# custom:
#   id: K8S-005
#   severity: high
#   scope: node
#   requires: [k8s.node.container-runtime-name, k8s.node.container-runtime-version]
#   tables: [containerd_releases]
#   params:
#     warn_days:
#       type: integer
#       default: 60
#       minimum: 0
#       maximum: 3650
#       description: Days before the end of support from which the rule warns; raise it if replacing nodes takes you longer to plan.
#   controls:
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-53, id: SA-22}
#     - {framework: nist-800-190, id: 4.4.1}
#   remediation: |
#     Build a node image with containerd 2.3.5 or newer, the long-term release (supported until April 2028), and
#     replace the nodes one by one, each after:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     On a drained host of your own (Docker's packages), upgrade, then restart containerd:
#     apt-get install --only-upgrade containerd.io
package eidos.kubernetes.containerd_floor

import data.eidos.lib.dates
import data.eidos.lib.findings
import data.eidos.lib.versions

version := input.k8s.node["container-runtime-version"]

path := `k8s.node["container-runtime-version"]`

applicable if input.k8s.node["container-runtime-name"] == "containerd"

release := versions.line(version)

listed := data.tables.containerd_releases.releases[release]

deny contains findings.unreadable(path, version, "a containerd version") if not release

deny contains finding(msg, sprintf(">= %v", [listed.floor])) if {
	versions.older(version, listed.floor)
	msg := sprintf("containerd %v is below %v, the security floor of %v.", [version, listed.floor, release])
}

deny contains finding(msg, "a release that gets fixes") if {
	listed
	not listed.floor
	msg := sprintf("No patch of containerd %v is known to fix all published vulnerabilities.", [release])
}

deny contains finding(msg, "a known release") if {
	release
	not listed
	msg := sprintf("It is not known which patch of containerd %v fixes all published vulnerabilities.", [release])
}

deny contains finding(msg, "a supported release") if {
	dates.over(listed.end)
	msg := sprintf("Support of containerd %v ended on %v.", [release, listed.end])
}

warn contains finding(msg, "a release with more time") if {
	left := dates.days_until(listed.end)
	left >= 0
	left <= data.params.warn_days
	msg := sprintf("Support of containerd %v ends on %v, in %v days.", [release, listed.end, left])
}

finding(msg, expected) := {"msg": msg, "path": path, "actual": version, "expected": expected}
