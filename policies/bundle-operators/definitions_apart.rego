# METADATA
# title: Monitoring definitions come first, from one owner
# description: |
#   ServiceMonitor and its like are defined by a release of their own; the monitoring stack then brings none,
#   and everything that creates a monitor depends on it. Two owners of one definition overwrite each other;
#   without one the first install fails.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/issues/914
#   - ref: https://github.com/NVIDIA/aicr/issues/928
# custom:
#   id: BOP-009
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set crds.enabled=false in kube-prometheus-stack beside prometheus-operator-crds, and add it to dependsOn of the
#     component that the finding names.
package eidos.bundle_operators.definitions_apart

import data.eidos.lib.booleans
import data.eidos.lib.bundles

definitions := "prometheus-operator-crds"

stack := "kube-prometheus-stack"

deny contains {
	"msg": "kube-prometheus-stack and prometheus-operator-crds both bring the monitoring definitions.",
	"path": bundles.path(stack, ["crds", "enabled"]),
	"actual": bundles.value(input.bundle, stack, ["crds", "enabled"], true),
	"expected": false,
} if {
	bundles.has(input.bundle, definitions)
	bundles.has(input.bundle, stack)
	not booleans.no(bundles.value(input.bundle, stack, ["crds", "enabled"], true))
}

deny contains {
	"msg": "kube-prometheus-stack brings no definitions, and nothing else does.",
	"path": bundles.path(stack, ["crds", "enabled"]),
	"actual": false,
	"expected": "prometheus-operator-crds in the bundle",
} if {
	bundles.has(input.bundle, stack)
	not bundles.has(input.bundle, definitions)
	booleans.no(bundles.value(input.bundle, stack, ["crds", "enabled"], true))
}

creates_monitors contains "gpu-operator" if {
	bundles.has(input.bundle, "gpu-operator")
	not booleans.no(bundles.value(input.bundle, "gpu-operator", ["dcgmExporter", "serviceMonitor", "enabled"], true))
}

creates_monitors contains name if {
	some name, _ in input.bundle.components
	some keys in [["serviceMonitor", "enabled"], ["metrics", "serviceMonitor", "enabled"], ["prometheus", "servicemonitor", "enabled"], ["prometheus", "podmonitor", "enabled"]]
	booleans.yes(bundles.value(input.bundle, name, keys, false))
}

creates_monitors contains stack if bundles.has(input.bundle, stack)

deny contains {
	"msg": sprintf("%v creates monitors and does not depend on what defines them.", [name]),
	"path": sprintf("bundle.components[%v].dependsOn", [json.marshal(name)]),
	"actual": object.get(input.bundle.components[name], "dependsOn", []),
	"expected": definitions,
} if {
	some name in creates_monitors
	bundles.has(input.bundle, definitions)
	not definitions in object.get(input.bundle.components[name], "dependsOn", [])
}
