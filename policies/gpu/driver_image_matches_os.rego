# METADATA
# title: The driver image is built for the node's operating system
# description: |
#   A driver container carries kernel module sources and user space for one release of one distribution.
#   On another it fails to build, or builds against the wrong libraries. Asked where driver images with a
#   release in their tag run.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/platform-support.html
#     description: GPU Operator, supported operating systems
# custom:
#   id: GPU-024
#   severity: high
#   scope: node
#   requires: [k8s.image, k8s.node.os-image, k8s.policy]
#   params:
#     images: [driver, nvidia-driver]
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator-platform-support}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Let the operator choose the tag: set driver.version to the plain version (580.159.03) without a
#     distribution. Keep all GPU nodes on one release, or use one NVIDIADriver resource for each.
package eidos.gpu.driver_image_matches_os

import data.eidos.lib.booleans
import data.eidos.lib.images

applicable if {
	booleans.yes(input.k8s.policy["driver.enabled"])
	count(releases) > 0
	os
}

driver_images := [image |
	some name in data.params.images
	some image in images.named(input.k8s.image, name)
]

releases := {match[1] |
	some image in driver_images
	is_string(image.tag)
	some match in regex.find_all_string_submatch_n(`-((?:ubuntu|rhel)[0-9]+(?:\.[0-9]+)?)$`, image.tag, 1)
}

written := input.k8s.node["os-image"]

os := sprintf("ubuntu%v", [match[1]]) if {
	is_string(written)
	some match in regex.find_all_string_submatch_n(`^Ubuntu ([0-9]+\.[0-9]+)`, written, 1)
}

os := sprintf("rhel%v", [match[1]]) if {
	is_string(written)
	some match in regex.find_all_string_submatch_n(`^Red Hat Enterprise Linux ([0-9]+(?:\.[0-9]+)?)`, written, 1)
}

# An image for rhel9 serves every 9.x.
fits(release) if release == os

fits(release) if startswith(os, sprintf("%v.", [release]))

deny contains finding if {
	count([release | some release in releases; fits(release)]) == 0
	finding := {
		"msg": sprintf("The node runs %v, but driver images are for %v.", [written, concat(", ", sort(releases))]),
		"path": driver_images[0].path,
		"actual": driver_images[0].tag,
		"expected": sprintf("an image for %v", [os]),
	}
}
