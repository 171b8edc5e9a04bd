# METADATA
# title: Charts have one version and one source
# description: |
#   A version range, a branch or no version at all installs another chart tomorrow. A chart without a
#   repository, or from one without TLS, may come from anybody.
# related_resources:
#   - ref: https://helm.sh/docs/chart_best_practices/dependencies/
# custom:
#   id: BHY-004
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-190, id: 4.2.1}
#   remediation: |
#     Write the exact version of the chart, and a repository with https:// or oci://.
package eidos.bundle_hygiene.versions_fixed

import data.eidos.lib.findings

deny contains {
	"msg": sprintf("%v has the version %v, which is no single one.", [name, findings.quoted(found)]),
	"path": sprintf("bundle.components[%v].version", [json.marshal(name)]),
	"actual": found,
	"expected": "one exact version",
} if {
	some name, component in input.bundle.components
	is_string(component.chart)
	found := object.get(component, "version", null)
	not exact(found)
}

exact(version) if {
	is_string(version)
	regex.match(`^v?[0-9]+[.][0-9]+[.][0-9]+(?:[-+][0-9A-Za-z.+-]+)?$`, version)
}

deny contains {
	"msg": sprintf("%v comes from %v, which proves nothing of who answers.", [name, findings.quoted(found)]),
	"path": sprintf("bundle.components[%v].repository", [json.marshal(name)]),
	"actual": found,
	"expected": "https:// or oci://",
} if {
	some name, component in input.bundle.components
	is_string(component.chart)
	found := object.get(component, "repository", null)
	not safe(found)
}

safe(repository) if {
	is_string(repository)
	regex.match(`^(?:https|oci)://[A-Za-z0-9][A-Za-z0-9._:/-]+$`, repository)
}
