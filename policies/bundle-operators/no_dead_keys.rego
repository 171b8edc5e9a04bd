# METADATA
# title: No value is set that is known to have no effect
# description: |
#   A chart takes any key and says nothing of those that no template reads: the value is accepted and has no
#   effect, which nobody sees until the cluster does what it should not. The table has keys that upstream's
#   values still carry, or that moved. Where it has none of the bundle's components, nothing is judged.
# related_resources:
#   - ref: https://github.com/NVIDIA/gpu-operator/blob/main/deployments/gpu-operator/values.yaml
# custom:
#   id: BOP-006
#   severity: high
#   scope: bundle
#   tables: [dead_keys]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Remove the key, or write the one that the finding names, in the overlay that sets it:
#     eidos recipe explain names the file and line.
package eidos.bundle_operators.no_dead_keys

import data.eidos.lib.bundles

applicable if {
	some component, _ in data.tables.dead_keys.components
	bundles.has(input.bundle, component)
}

deny contains {
	"msg": sprintf("%v of %v has no effect%v.", [key, component, _instead(other)]),
	"path": bundles.path(component, split(key, ".")),
	"actual": found,
	"expected": _expected(other),
} if {
	some component, keys in data.tables.dead_keys.components
	bundles.has(input.bundle, component)
	some key, other in keys
	found := bundles.value(input.bundle, component, split(key, "."), "\u0000")
	found != "\u0000"
}

_instead(other) := sprintf("; %v has", [other]) if {
	other != ""
} else := ""

_expected(other) := other if {
	other != ""
} else := "no such key"
