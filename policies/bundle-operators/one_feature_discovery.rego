# METADATA
# title: One Node Feature Discovery labels the nodes
# description: |
#   GPU Operator and Network Operator each bring a copy of Node Feature Discovery, and two of them fight over
#   the same labels. Beside the stand-alone one, both copies must be off; the Network Operator still brings
#   the rule that its own node selector needs.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BOP-004
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set nfd.enabled=false in the GPU Operator and in the Network Operator, and keep
#     nfd.deployNodeFeatureRules=true in the Network Operator unless another NodeFeatureRule sets
#     feature.node.kubernetes.io/pci-15b3.present.
package eidos.bundle_operators.one_feature_discovery

import data.eidos.lib.booleans
import data.eidos.lib.bundles

operators := {"gpu-operator", "network-operator"}

applicable if {
	some name in operators
	bundles.has(input.bundle, name)
}

copies contains name if {
	some name in operators
	bundles.has(input.bundle, name)
	not booleans.no(bundles.value(input.bundle, name, ["nfd", "enabled"], true))
}

alone if bundles.has(input.bundle, "node-feature-discovery")

deny contains {
	"msg": sprintf("%v brings a copy of Node Feature Discovery beside the stand-alone one.", [name]),
	"path": bundles.path(name, ["nfd", "enabled"]),
	"actual": bundles.value(input.bundle, name, ["nfd", "enabled"], true),
	"expected": false,
} if {
	alone
	some name in copies
}

deny contains {
	"msg": "Both operators bring a copy of Node Feature Discovery.",
	"path": bundles.path("network-operator", ["nfd", "enabled"]),
	"actual": true,
	"expected": false,
} if {
	not alone
	count(copies) > 1
}

deny contains {
	"msg": "Nothing in the bundle labels nodes, and the operators find no GPU and no network card without labels.",
	"path": "bundle.components",
	"actual": "no Node Feature Discovery",
	"expected": "node-feature-discovery",
} if {
	not alone
	count(copies) == 0
}

deny contains {
	"msg": "No rule labels nodes with Mellanox cards: nfd.deployNodeFeatureRules is off, and the bundle has no NodeFeatureRule.",
	"path": bundles.path("network-operator", ["nfd", "deployNodeFeatureRules"]),
	"actual": false,
	"expected": true,
} if {
	bundles.has(input.bundle, "network-operator")
	booleans.no(bundles.value(input.bundle, "network-operator", ["nfd", "deployNodeFeatureRules"], true))
	count(bundles.of_kind(input.bundle, "nfd.k8s-sigs.io", "NodeFeatureRule")) == 0
}
