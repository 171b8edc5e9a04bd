# METADATA
# title: Helm charts are at or above their floors
# description: |
#   Of some charts an older version is known to be wrong on this cluster: its images have a published
#   vulnerability, or its resources are refused by this release of Kubernetes. What a chart runs is judged
#   by its images too, where they are named. Charts without a floor are not judged.
# related_resources:
#   - ref: https://github.com/NVIDIA/product-security
#     description: NVIDIA product security bulletins
#   - ref: https://github.com/NVIDIA/aicr/blob/main/recipes/registry.yaml
#     description: Component registry of the recipes
# custom:
#   id: OPR-023
#   severity: high
#   scope: cluster
#   requires: [k8s.helm, k8s.server.version]
#   tables: [chart_floors]
#   tags: [helm]
#   controls:
#     - {framework: nvidia-bulletin, id: "5818"}
#     - {framework: nvidia-bulletin, id: "5842"}
#     - {framework: nist-800-53, id: SI-2}
#   remediation: |
#     Read what the upgrade asks for; NodeWright's from before 0.18 cannot be undone:
#     helm -n NAMESPACE history NAME
#     Then upgrade with the values that are set:
#     helm -n NAMESPACE upgrade NAME CHART --version VERSION --reset-then-reuse-values
package eidos.operators.helm_charts_new_enough

import data.eidos.lib.findings
import data.eidos.lib.versions

applicable if {
	some entry in data.tables.chart_floors.charts
	some release in input.k8s.helm
	release.chart == entry.chart
	holds(entry)
}

# Where the release of Kubernetes cannot be read, any floor may hold.
holds(entry) if entry in judged

holds(_) if not versions.readable(server)

server := input.k8s.server.version

deny contains findings.unreadable("k8s.server.version", server, "a version") if not versions.readable(server)

judged contains entry if {
	some entry in data.tables.chart_floors.charts
	versions.at_least(server, object.get(entry, "kubernetes", "1.0"))
}

deny contains finding if {
	some name, release in input.k8s.helm
	some entry in judged
	release.chart == entry.chart
	version := object.get(release, "version", "absent")
	not new_enough(version, entry.floor)
	finding := {
		"msg": sprintf("Chart %v %v (release %v) is below %v: %v.", [entry.chart, version, name, entry.floor, entry.why]),
		"path": sprintf("k8s.helm[%q].version", [name]),
		"actual": version,
		"expected": sprintf(">= %v", [entry.floor]),
		"key": name,
	}
}

new_enough(version, floor) if versions.at_least(version, floor)
