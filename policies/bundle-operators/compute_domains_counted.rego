# METADATA
# title: Compute domains say their number of nodes
# description: |
#   Two charts define ComputeDomain, and the GPU Operator's (v26.7.0) wants numNodes where the DRA driver's
#   does not. With 0, which both take, the domain follows its workload.
# related_resources:
#   - ref: https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu
# custom:
#   id: BOP-012
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Write spec.numNodes: 0 in every ComputeDomain.
package eidos.bundle_operators.compute_domains_counted

import data.eidos.lib.bundles
import data.eidos.lib.findings

domains := bundles.of_kind(input.bundle, "resource.nvidia.com", "ComputeDomain")

deny contains {
	"msg": sprintf("%v has numNodes %v, and only 0 fits both definitions.", [bundles.named(entry), findings.quoted(found)]),
	"path": sprintf("%v.spec.numNodes", [bundles.object_path(entry)]),
	"actual": found,
	"expected": 0,
} if {
	some entry in domains
	found := nodes_of(entry)
	found != 0
}

nodes_of(entry) := entry.object.spec.numNodes

nodes_of(entry) := "absent" if not has_nodes(entry)

has_nodes(entry) if entry.object.spec.numNodes != {}
