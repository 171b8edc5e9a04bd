# METADATA
# title: The provider still supports the Kubernetes release
# description: |
#   Providers support a release for about fourteen months, and some sell another year. The provider's end date
#   counts where there is one, otherwise upstream's.
# related_resources:
#   - ref: https://kubernetes.io/releases/
#     description: Releases of Kubernetes
#   - ref: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
#     description: Releases on EKS, standard and extended support
#   - ref: https://learn.microsoft.com/azure/aks/supported-kubernetes-versions
#     description: Releases on AKS
#   - ref: https://cloud.google.com/kubernetes-engine/docs/release-schedule
#     description: Releases on GKE
# custom:
#   id: K8S-001
#   severity: high
#   scope: cluster
#   requires: [k8s.server.version, nodes.k8s.node]
#   tables: [kubernetes_releases]
#   params:
#     warn_days:
#       type: integer
#       default: 60
#       minimum: 0
#       maximum: 3650
#       description: Days before the end of support from which the rule warns; raise it if an upgrade takes you longer to plan.
#     extended_support:
#       type: boolean
#       default: false
#       description: Whether you pay your provider for extended support, whose end then counts; set it to true only if you do.
#     unlisted_release:
#       type: string
#       default: fail
#       values: [fail, warn, ignore]
#       description: "What happens with a Kubernetes release that the table does not list: fail, warn, or ignore (not judged); relax it only while you wait for a newer table."
#   controls:
#     - {framework: nist-800-53, id: SA-22}
#     - {framework: nsa, id: upgrade-and-patch}
#   remediation: |
#     Check K8S-004 first: the GPU Operator must support the release. Then upgrade the control plane one release
#     at a time, and the nodes after it. On EKS:
#     aws eks update-cluster-version --name CLUSTER --kubernetes-version VERSION
#     Where extended support is bought, set the parameter extended_support of K8S-001 to true.
package eidos.kubernetes.release_supported

import data.eidos.lib.dates
import data.eidos.lib.findings
import data.eidos.lib.providers
import data.eidos.lib.versions

version := input.k8s.server.version

release := versions.line(version)

listed := data.tables.kubernetes_releases.releases[release]

managed := {name |
	some node in input.nodes
	name := providers.of(version, node.k8s.node)
	name != "self-managed"
}

provider := min(managed) if {
	count(managed) > 0
} else := "self-managed"

standard := object.get(listed.end, provider, listed.end.upstream)

extended := listed.extended[provider]

end := extended if {
	data.params.extended_support
} else := standard

# What a site chose to ignore was not judged, so it did not pass.
applicable if not ignored

ignored if {
	data.params.unlisted_release == "ignore"
	release
	not listed
}

deny contains findings.unreadable("k8s.server.version", version, "a Kubernetes version") if not release

deny contains unlisted if data.params.unlisted_release == "fail"

warn contains unlisted if data.params.unlisted_release == "warn"

unlisted := finding(sprintf("The support of Kubernetes %v is not known.", [release]), "a known release") if {
	release
	not listed
}

deny contains finding(msg, expected) if {
	dates.over(end)
	msg := sprintf("Support of Kubernetes %v by %v ended on %v%v.", [release, supporter, end, rest])
	expected := "a supported release"
}

warn contains finding(msg, expected) if {
	left := dates.days_until(end)
	left >= 0
	left <= data.params.warn_days
	msg := sprintf("Support of Kubernetes %v by %v ends on %v, in %v days.", [release, supporter, end, left])
	expected := "a release with more time"
}

supporter := providers.title(provider) if {
	listed.end[provider]
} else := "upstream"

rest := sprintf("; extended support, at extra cost, until %v", [extended]) if {
	end == standard
	dates.days_until(extended) >= 0
} else := ""

finding(msg, expected) := {"msg": msg, "path": "k8s.server.version", "actual": version, "expected": expected}
