# METADATA
# title: The DRA driver keeps its name and finds its nodes
# description: |
#   The chart was renamed, and without both overrides an upgrade installs a second driver beside the first.
#   Its controller wants control-plane nodes, which a managed service does not show, so it never runs there
#   until the affinity is null.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/issues/965
#   - ref: https://github.com/NVIDIA/aicr/issues/973
# custom:
#   id: BOP-011
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set nameOverride and fullnameOverride to nvidia-dra-driver-gpu, and on a managed service
#     controller.affinity.nodeAffinity=null.
package eidos.bundle_operators.dra_driver_fits

import data.eidos.lib.bundles

dra := "nvidia-dra-driver-gpu"

applicable if bundles.has(input.bundle, dra)

deny contains {
	"msg": sprintf("%v is not set to %v, so an upgrade installs a second driver.", [key, dra]),
	"path": bundles.path(dra, [key]),
	"actual": found,
	"expected": dra,
} if {
	some key in ["nameOverride", "fullnameOverride"]
	found := bundles.value(input.bundle, dra, [key], "")
	found != dra
}

affinity := bundles.value(input.bundle, dra, ["controller", "affinity", "nodeAffinity"], "the chart's")

deny contains {
	"msg": "The controller wants control-plane nodes, and a managed service shows none.",
	"path": bundles.path(dra, ["controller", "affinity", "nodeAffinity"]),
	"actual": affinity,
	"expected": null,
} if {
	bundles.managed(input.bundle)
	affinity == "the chart's"
}
