# METADATA
# title: Which operating system the nodes run
# description: |
#   By os-release of the host where nodes were read themselves, else by the os-image that the kubelet
#   tells. A collector in a container may have read its own os-release, so the kubelet goes first.
# custom:
#   id: SEL-003
#   severity: info
#   scope: cluster
#   reads: [nodes.k8s.node.os-image, nodes.os.release.ID]
#   params:
#     images:
#       type: object
#       default:
#         Amazon Linux: amazonlinux
#         Container-Optimized OS: cos
#         Oracle Linux: ol
#         Red Hat Enterprise Linux: rhel
#         SUSE Linux Enterprise Server: sles
#         Talos: talos
#         Ubuntu: ubuntu
#       description: Beginning of the node's OS image to the operating system of a recipe; add a distribution here.
#     ids:
#       type: object
#       default:
#         amzn: amazonlinux
#         cos: cos
#         ol: ol
#         rhel: rhel
#         sles: sles
#         talos: talos
#         ubuntu: ubuntu
#       description: ID in /etc/os-release to the operating system of a recipe; add a distribution here.
#   remediation: |
#     Give the operating system where no fact says it: eidos recipe --os ubuntu
package eidos.selection.operating_system

criterion contains {
	"dimension": "os",
	"value": os,
	"msg": sprintf("The kubelet of node %v runs on %v.", [name, image]),
	"path": sprintf("nodes[%v].k8s.node[\"os-image\"]", [json.marshal(name)]),
	"actual": image,
} if {
	some name, image in images
	os := of_image(image)
}

criterion contains {
	"dimension": "os",
	"value": os,
	"msg": sprintf("The os-release of node %v says %v.", [name, id]),
	"path": sprintf("nodes[%v].os.release.ID", [json.marshal(name)]),
	"actual": id,
} if {
	some name, facts in input.nodes
	not images[name]
	id := facts.os.release.ID
	os := data.params.ids[id]
}

images[name] := image if {
	some name, facts in input.nodes
	image := facts.k8s.node["os-image"]
	is_string(image)
}

of_image(image) := os if {
	some start, os in data.params.images
	startswith(image, start)
}
