# METADATA
# title: Tolerations name their taints
# description: |
#   A toleration without a key lets pods run on every node, including nodes that are drained, failing or not
#   ready. A node agent may need that; nothing else does. BOP-015 judges what reboots nodes.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
# custom:
#   id: BHY-003
#   severity: medium
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Name the key of the taint: {key: nvidia.com/gpu, operator: Exists}.
package eidos.bundle_hygiene.tolerations_keyed

import data.eidos.lib.bundles

warn contains {
	"msg": sprintf("%v tolerates every taint.", [each.component]),
	"path": each.path,
	"actual": each.toleration,
	"expected": "a toleration with a key",
} if {
	some each in bundles.tolerations(input.bundle)
	bundles.wildcard(each.toleration)
}
