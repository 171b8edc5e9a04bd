# METADATA
# title: Every Helm release is deployed
# description: |
#   A release that failed, or hangs in pending-upgrade, is half the old version and half the new, and the next
#   `helm upgrade` of it ends with an error. Such a state often goes unnoticed.
# related_resources:
#   - ref: https://helm.sh/docs/helm/helm_status/
#     description: helm status
# custom:
#   id: OPR-022
#   severity: high
#   scope: cluster
#   requires: [k8s.helm]
#   tags: [helm]
#   controls:
#     - {framework: nist-800-53, id: CM-3}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     See what it says, and what is left of it:
#     helm -n NAMESPACE status NAME && helm -n NAMESPACE history NAME
#     Roll back to the last release that was deployed, then upgrade again:
#     helm -n NAMESPACE rollback NAME
package eidos.operators.helm_releases_deployed

applicable if count(input.k8s.helm) > 0

deny contains finding if {
	some name, release in input.k8s.helm
	state := object.get(release, "status", "absent")
	state != "deployed"
	finding := {
		"msg": sprintf("Helm release %v (%v %v) is %v, expected deployed.", [name, release.chart, release.version, state]),
		"path": sprintf("k8s.helm[%q].status", [name]),
		"actual": state,
		"expected": "deployed",
		"key": name,
	}
}
