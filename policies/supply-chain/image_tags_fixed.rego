# METADATA
# title: Every image runs by a fixed tag or a digest
# description: |
#   The content of latest changes without a deployment: two nodes run different code, a rollback does not roll
#   back, and no report says what ran. Judged is what the workload asks for (pinned, and the reference
#   itself): the digest that happens to run is no pin. Snapshots of older collectors show latest for an image
#   that is pinned by digest only; collect the list of containers to tell them apart, or name such images in
#   params.allowed.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
#     description: Kubernetes documentation on image tags
#   - ref: https://csrc.nist.gov/pubs/sp/800/190/final
#     description: NIST SP 800-190, Application Container Security Guide
# custom:
#   id: SUP-001
#   severity: high
#   scope: cluster
#   requires: [k8s.image]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: []
#       description: Image names, without registry and tag, that may run without a fixed tag; better only those pinned by digest that an old collector shows as latest.
#     mutable:
#       type: array
#       items: string
#       default: ["", latest, main, master, edge, nightly, dev, devel, stable, head]
#       description: Tags, in lower case, whose content changes over time; the empty text stands for no tag. Add moving tags of your own.
#   controls:
#     - {framework: nist-800-190, id: 4.2.2}
#     - {framework: nist-800-53, id: CM-2}
#     - {framework: kubescape, id: C-0075}
#   remediation: |
#     Find the workload:
#     kubectl get pods -A -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} {.spec.containers[*].image}{"\n"}{end}' | grep IMAGE
#     Set the tag of a release, or better a digest (image@sha256:...), in the chart's values or the manifest, and
#     roll it out.
package eidos.supply_chain.image_tags_fixed

import data.eidos.lib.images

deny contains finding if {
	some image in images.listed(input.k8s.image)
	not image.name in data.params.allowed
	not pinned(image)
	tag := shown(image)
	finding := {
		"msg": sprintf("Image %v runs with tag %v, expected a fixed version or a digest.", [image.name, tag]),
		"path": images.path(image),
		"actual": tag,
		"expected": "a fixed version or a digest",
	}
}

pinned(image) if {
	is_string(image.tag)
	not lower(trim_space(image.tag)) in data.params.mutable
}

pinned(image) if {
	image.pinned == true
	not unpinned_reference(image)
}

pinned(image) if {
	not "pinned" in object.keys(image)
	names_digest(image.image)
}

# What was asked for is the reference itself, wherever the two disagree.
unpinned_reference(image) if {
	is_string(image.image)
	not names_digest(image.image)
}

names_digest(reference) if {
	is_string(reference)
	regex.match(`@[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$`, reference)
}

shown(image) := image.tag if image.tag != ""

shown(image) := "none" if object.get(image, "tag", "") == ""
