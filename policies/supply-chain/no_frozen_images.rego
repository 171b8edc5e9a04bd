# METADATA
# title: No image comes from a frozen catalogue
# description: |
#   Bitnami froze its free Debian-based images in 2025: those of docker.io/bitnami moved to
#   docker.io/bitnamilegacy and get no fixes. An image from there fails. Where the snapshot drops
#   registries, an image is told by Bitnami's tag (-debian-12-r3) or its name (bitnami-) and warns.
# related_resources:
#   - ref: https://github.com/bitnami/charts/issues/35164
#     description: Changes to the Bitnami catalogue
# custom:
#   id: SUP-005
#   severity: medium
#   scope: cluster
#   requires: [k8s.image]
#   params:
#     organisations:
#       type: array
#       items: string
#       default: [bitnami, bitnamilegacy]
#       description: Registry organisations whose images are no longer updated; add others that you learn of.
#     tag:
#       type: string
#       format: regex
#       default: '-debian-[0-9]+-r[0-9]+$'
#       description: Regular expression for tags, in lower case, of images that are no longer updated; change it if a maintained image has such tags.
#   controls:
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-53, id: SA-22}
#     - {framework: nist-800-190, id: 4.1.1}
#   remediation: |
#     Replace the image with the project's own (mongo, nginx, registry.k8s.io/kubectl) or by one from a
#     catalogue you have a contract for, in the chart's values. For NVSentinel upgrade the chart.
package eidos.supply_chain.no_frozen_images

import data.eidos.lib.images
import data.eidos.lib.repositories

all_images := images.listed(input.k8s.image)

from_frozen(image) if {
	place := sprintf("%v/", [repositories.full(sprintf("%v/%v", [image.registry, image.repository]))])
	some organisation in data.params.organisations
	startswith(place, sprintf("docker.io/%v/", [organisation]))
}

# Mirrors keep the organisation in the path.
from_frozen(image) if "bitnamilegacy" in repositories.words(image.repository)

reason(image) := sprintf("has the tag %v of Bitnami's frozen Debian images", [image.tag]) if {
	is_string(image.tag)
	regex.match(data.params.tag, lower(image.tag))
} else := "is named after Bitnami, whose free images are frozen" if {
	startswith(image.name, "bitnami-")
}

deny contains finding if {
	some image in all_images
	from_frozen(image)
	place := sprintf("%v/%v", [object.get(image, "registry", ""), image.repository])
	finding := found(image, sprintf("comes from %v, which is frozen", [trim_prefix(place, "/")]))
}

warn contains finding if {
	some image in all_images
	why := reason(image)
	not from_frozen(image)
	finding := found(image, why)
}

found(image, why) := {
	"msg": sprintf("Image %v %v, expected an image that gets fixes.", [image.name, why]),
	"path": images.path(image),
	"actual": object.get(image, "tag", "none"),
	"expected": "an image of a maintained catalogue",
}
