# METADATA
# title: Which service runs the cluster
# description: |
#   The API server's version names it on EKS and GKE; elsewhere the provider of the nodes does. Each node
#   has a say of its own, so that nodes of two providers are told, and not one of them believed.
# custom:
#   id: SEL-001
#   severity: info
#   scope: cluster
#   requires: [k8s.server.version]
#   reads: [nodes.k8s.node.provider, nodes.k8s.node.provider-id]
#   remediation: |
#     Give the service where no fact says it: eidos recipe --service eks
package eidos.selection.service

import data.eidos.lib.providers

version := input.k8s.server.version

criterion contains {
	"dimension": "service",
	"value": service,
	"msg": sprintf("The API server's version %v names %v.", [version, providers.title(service)]),
	"path": "k8s.server.version",
	"actual": version,
} if {
	service := providers.of(version, {})
	service != "self-managed"
}

criterion contains {
	"dimension": "service",
	"value": service,
	"msg": sprintf("The provider of node %v is %v.", [name, providers.title(service)]),
	"path": sprintf("nodes[%v].k8s.node", [json.marshal(name)]),
	"actual": node,
} if {
	not named_by_version
	some name, facts in input.nodes
	node := facts.k8s.node
	count(node) > 0
	service := providers.of(version, node)
}

named_by_version if providers.of(version, {}) != "self-managed"
