# METADATA
# title: Images of GPU components are at or above their security floor
# description: |
#   The table names the lowest version of each component in which every published vulnerability is
#   fixed. The exporter's tag names two versions, DCGM and the exporter, and both are judged. The GPU
#   Operator and the Container Toolkit have rules of their own. A tag that cannot be read as a version
#   fails.
# related_resources:
#   - ref: https://github.com/NVIDIA/product-security
#     description: NVIDIA security bulletins as CSAF documents
#   - ref: https://www.nvidia.com/en-us/security/
#     description: NVIDIA product security
# custom:
#   id: SUP-007
#   severity: high
#   scope: cluster
#   requires: [k8s.image]
#   tables: [image_floors]
#   controls:
#     - {framework: nvidia-bulletin, id: "5857"}
#     - {framework: nvidia-bulletin, id: "5865"}
#     - {framework: nvidia-bulletin, id: "5818"}
#     - {framework: nvidia-bulletin, id: "5659"}
#     - {framework: nist-800-53, id: RA-5}
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-190, id: 4.1.1}
#   remediation: |
#     For operands of the GPU Operator upgrade the operator (26.7.0 ships DCGM 4.6.0 and exporter 4.8.3), or
#     set the version in its values: dcgm.version and dcgmExporter.version. For other images raise the
#     tag in their chart's values to the floor the finding names.
package eidos.supply_chain.image_security_floor

import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.repositories
import data.eidos.lib.versions

judged contains {"component": component, "image": image} if {
	some component in data.tables.image_floors.components
	some image in images.named(input.k8s.image, component.image)
}

judged contains {"component": component, "image": image} if {
	some component in data.tables.image_floors.components
	some image in images.listed(input.k8s.image)
	component.within in repositories.words(image.repository)
}

applicable if count(judged) > 0

version(component, image) := image.tag if not component.pair

version(component, image) := versions.exporter_pair(image.tag)[component.pair]

deny contains finding if {
	some subject in judged
	actual := version(subject.component, subject.image)
	versions.older(actual, subject.component.floor)
	finding := {
		"msg": sprintf(
			"%v is %v, expected %v or newer, which fixes %v.",
			[titled(subject), actual, subject.component.floor, subject.component.cve],
		),
		"path": images.path(subject.image),
		"actual": subject.image.tag,
		"expected": sprintf(">= %v", [subject.component.floor]),
	}
}

deny contains findings.unreadable(images.path(subject.image), object.get(subject.image, "tag", null), "a version") if {
	some subject in judged
	not understood(subject)
}

understood(subject) if versions.readable(version(subject.component, subject.image))

titled(subject) := sprintf("Image %v", [subject.image.name]) if not subject.component.pair

titled(subject) := sprintf("The %v version in image %v", [subject.component.pair, subject.image.name])
