# METADATA
# title: Container images
# description: |
#   Snapshots hold images in two ways: as a map from the last part of the name to the tag, or as the
#   list `containers` with registry and digest. Rules ask here and need not care.
package eidos.lib.images

# METADATA
# description: |
#   Gives every image of the facts `k8s.image` as objects with name and tag, and with registry,
#   repository, digest and their place in the list where the snapshot has them.
listed(image) := [entry | some place, container in image.containers; entry := _entry(container, place)] if {
	is_array(image.containers)
}

listed(image) := [{"name": name, "tag": version} | some name, version in image] if {
	not is_array(object.get(image, "containers", null))
}

# METADATA
# description: Gives the images of one name, the last part of the repository.
named(image, name) := [entry |
	is_string(name)
	some place, container in image.containers
	is_string(container.repository)
	endswith(container.repository, name)
	entry := _entry(container, place)
	entry.name == name
] if {
	is_array(image.containers)
}

named(image, name) := listed(object.filter(image, [name])) if {
	not is_array(object.get(image, "containers", null))
}

# METADATA
# description: Gives the fact path of an image.
path(image) := sprintf("k8s.image.containers[%v]", [place]) if {
	place := image.place
} else := sprintf("k8s.image[%v]", [json.marshal(image.name)])

# METADATA
# description: Gives the tag of an image, empty where it is pinned by digest alone.
tag(image) := object.get(image, "tag", "")

# METADATA
# description: Tells whether an image of one of these names runs.
runs(image, names) if {
	some name in names
	count(named(image, name)) > 0
}

# METADATA
# description: |
#   Tells whether images can be all that run: among them is one of those that every cluster runs for
#   names, services or its network. Others were written by hand, or are of some namespaces: what is
#   not among them may run all the same.
whole(image) if runs(image, everywhere)

everywhere := {
	"amazon-k8s-cni",
	"cilium",
	"coredns",
	"flannel",
	"hardened-coredns",
	"k8s-dns-kube-dns",
	"kube-apiserver",
	"kube-proxy",
	"mirrored-coredns-coredns",
	"ocp-v4.0-art-dev",
}

# METADATA
# description: |
#   Says of images that cannot be all that run that nobody knows whether one of some names does.
untold(image, names) := {
	"msg": sprintf("None of %v is among the images, but these are not all that run: a cluster has its DNS, kube-proxy or network as well.", [concat(", ", names)]),
	"path": "k8s.image",
} if {
	not whole(image)
	not runs(image, names)
}

# METADATA
# description: |
#   Splits a reference. `localhost:5000/a/b:1@sha256:…` is registry `localhost:5000`, repository `a/b`,
#   tag `1` and digest `sha256:…`; what is not written is absent, except for the registry, which is
#   docker.io then.
parse(reference) := object.union_n([located, _tag(tagged), _digest(parts)]) if {
	is_string(reference)
	parts := split(reference, "@")
	tagged := parts[0]
	located := _located(regex.replace(tagged, `:[^:/]*$`, ""))
}

_located(path) := {"registry": first, "repository": concat("/", array.slice(segments, 1, count(segments)))} if {
	segments := split(path, "/")
	count(segments) > 1
	first := segments[0]
	_is_host(first)
} else := {"registry": "docker.io", "repository": path} if {
	contains(path, "/")
} else := {"registry": "docker.io", "repository": sprintf("library/%v", [path])}

_is_host(segment) if regex.match(`[.:]|^localhost$`, segment)

_tag(tagged) := {"tag": match[1]} if {
	some match in regex.find_all_string_submatch_n(`:([^:/]*)$`, tagged, 1)
} else := {}

_digest(parts) := {"digest": parts[1]} if {
	count(parts) > 1
} else := {}

# A container that is not described keeps its place in the list, without a name.
_entry(container, place) := object.union(container, {"name": segments[count(segments) - 1], "place": place}) if {
	is_string(container.repository)
	segments := split(container.repository, "/")
} else := object.union(container, {"name": "", "place": place}) if {
	is_object(container)
} else := {"name": "", "place": place}
