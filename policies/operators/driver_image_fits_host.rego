# METADATA
# title: The driver container is built for the operating system of the node
# description: |
#   The driver container compiles or loads modules for the host's kernel with the tools of its own release; on
#   another release it fails or never finishes building. Where the snapshot keeps one tag for a name, a
#   cluster with two releases shows only one driver image, so this warns.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/platform-support.html
#     description: Operating systems that the GPU Operator supports
# custom:
#   id: OPR-020
#   severity: medium
#   scope: node
#   requires: [k8s.image, k8s.node.os-image, gpu.smi]
#   tables: [os_eol]
#   params:
#     image:
#       type: string
#       default: driver
#       description: Image name of the driver container, without registry and tag; change it if your mirror names it otherwise.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/platform-support}
#   remediation: |
#     Let the operator choose: set the version without an operating system (not 580.159.03-ubuntu22.04):
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"version":"580.159.03"}}}'
#     Set driver.version in the chart's values too, or its next upgrade or sync undoes it.
#     A cluster with two releases needs an NVIDIADriver object per node pool, which
#     driver.nvidiaDriverCRD.enabled=true in the chart's values switches on.
package eidos.operators.driver_image_fits_host

import data.eidos.lib.distributions
import data.eidos.lib.images
import data.eidos.lib.quantities

known := data.tables.os_eol.distributions

drivers := images.named(input.k8s.image, data.params.image)

host := input.k8s.node["os-image"]

# The release that a tag such as 580.82.07-ubuntu22.04 ends with.
built_for(tag) := {"ID": match[1], "VERSION_ID": match[2]} if {
	is_string(tag)
	some match in regex.find_all_string_submatch_n(`-([a-z]+)([0-9]+(?:\.[0-9]+)*)$`, lower(tag), 1)
}

applicable if {
	quantities.number(input.gpu.smi["gpu-count"]) > 0
	some image in drivers
	built_for(image.tag)
}

fits if {
	some image in drivers
	distributions.of_release(built_for(image.tag), known) == distributions.of_image(host, known)
}

warn contains finding if {
	not fits
	some image in drivers
	finding := {
		"msg": sprintf("The driver image is %v, but the node runs %v, expected the same release.", [object.get(image, "tag", "none"), host]),
		"path": images.path(image),
		"actual": object.get(image, "tag", "none"),
		"expected": sprintf("a driver image for %v", [host]),
	}
}
