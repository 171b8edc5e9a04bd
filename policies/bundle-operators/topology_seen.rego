# METADATA
# title: Training clusters know the topology of their nodes
# description: |
#   Node Feature Discovery's topology updater tells a scheduler which GPUs, cards and cores are near each
#   other. It is off by default, and a training job that is placed without it may cross sockets.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BOP-022
#   severity: low
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set topologyUpdater.enable=true in node-feature-discovery.
package eidos.bundle_operators.topology_seen

import data.eidos.lib.booleans
import data.eidos.lib.bundles

applicable if {
	bundles.has(input.bundle, "node-feature-discovery")
	input.bundle.criteria.intent == "training"
}

updater := bundles.value(input.bundle, "node-feature-discovery", ["topologyUpdater", "enable"], false)

warn contains {
	"msg": "The topology updater is off.",
	"path": bundles.path("node-feature-discovery", ["topologyUpdater", "enable"]),
	"actual": updater,
	"expected": true,
} if {
	not booleans.yes(updater)
}
