# METADATA
# title: Which fabric carries traffic between GPU nodes
# description: |
#   EFA by its kernel module, InfiniBand by the link layer of a port. RDMA over Ethernet is not told from the
#   accelerated networking of clouds, which uses the same cards, and the fabrics of Google Cloud leave no
#   trace that tells them apart: those are given.
# custom:
#   id: SEL-005
#   severity: info
#   scope: cluster
#   reads: [nodes.os.kmod, nodes.network.rdma]
#   remediation: |
#     Give the fabric where no fact says it: eidos recipe --criterion fabric=infiniband
package eidos.selection.fabric

import data.eidos.lib.modules

criterion contains {
	"dimension": "fabric",
	"value": "efa",
	"msg": sprintf("The module efa is loaded on node %v.", [name]),
	"path": sprintf("nodes[%v].os.kmod.efa", [json.marshal(name)]),
	"actual": true,
} if {
	some name, facts in input.nodes
	modules.loaded(facts.os.kmod, "efa")
}

criterion contains {
	"dimension": "fabric",
	"value": "infiniband",
	"msg": sprintf("Port %v of %v on node %v is InfiniBand.", [port, device, name]),
	"path": sprintf("nodes[%v].network.rdma[%v]", [json.marshal(name), json.marshal(device)]),
	"actual": "InfiniBand",
} if {
	some name, facts in input.nodes
	some device, about in facts.network.rdma
	some port, state in about.ports
	state["link-layer"] == "InfiniBand"
}
