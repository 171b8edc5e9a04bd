# METADATA
# title: Nothing waits to be filled in
# description: |
#   A text such as CHANGEME, or a variable that nothing replaces, is deployed as it stands.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BHY-010
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Write the value, give it with --inputs, or remove it.
package eidos.bundle_hygiene.no_placeholders

import data.eidos.lib.bundles
import data.eidos.lib.findings

deny contains {
	"msg": sprintf("%v is %v, which was meant to be replaced.", [bundles.key(leaf.keys), findings.quoted(leaf.value)]),
	"path": leaf.path,
	"actual": leaf.value,
	"expected": "a value",
} if {
	some leaf in bundles.leaves(input.bundle)
	is_string(leaf.value)
	regex.match(`^(?:CHANGE_?ME|REPLACE_?ME|TODO|FIXME|PLACEHOLDER|<[A-Za-z][A-Za-z0-9_ -]*>|[$][{][A-Za-z_][A-Za-z0-9_]*[}])$`, leaf.value)
}
