# METADATA
# title: Which page size the nodes' kernels have
# description: |
#   By the release of the kernel that the kubelet tells: those for Arm with pages of 64 KiB say so.
# custom:
#   id: SEL-004
#   severity: info
#   scope: cluster
#   reads: [nodes.k8s.node.kernel-version]
#   remediation: |
#     Give the page size where no fact says it: eidos recipe --page-size 64k
package eidos.selection.page_size

import data.eidos.lib.kernels

criterion contains {
	"dimension": "page-size",
	"value": size,
	"msg": sprintf("Node %v runs the kernel %v.", [name, kernel]),
	"path": sprintf("nodes[%v].k8s.node[\"kernel-version\"]", [json.marshal(name)]),
	"actual": kernel,
} if {
	some name, facts in input.nodes
	kernel := facts.k8s.node["kernel-version"]
	is_string(kernel)
	size := page_size(kernel)
}

page_size(kernel) := "64k" if kernels.large_pages(kernel)

page_size(kernel) := "4k" if not kernels.large_pages(kernel)
