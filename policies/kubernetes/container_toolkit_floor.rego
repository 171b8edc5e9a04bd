# METADATA
# title: The Container Toolkit is at or above its security floor
# description: |
#   The NVIDIA Container Toolkit hands GPUs to containers with the rights of the host. Its vulnerabilities
#   have repeatedly let a container take over the node. Judged where its image runs.
# related_resources:
#   - ref: https://nvidia.custhelp.com/app/answers/detail/a_id/5850
#     description: NVIDIA Container Toolkit security bulletin, June 2026
#   - ref: https://nvidia.custhelp.com/app/answers/detail/a_id/5659
#     description: July 2025, CVE-2025-23266
#   - ref: https://github.com/NVIDIA/product-security
#     description: The bulletins as CSAF documents
# custom:
#   id: K8S-007
#   severity: critical
#   scope: cluster
#   requires: [k8s.image]
#   tables: [container_toolkit]
#   params:
#     images:
#       type: array
#       items: string
#       default: [container-toolkit, nvidia-container-toolkit]
#       description: Image names by which the Container Toolkit is found, without registry and tag; add the name of your mirror's copy.
#   controls:
#     - {framework: nvidia-bulletin, id: "5850"}
#     - {framework: nvidia-bulletin, id: "5659"}
#     - {framework: nvidia-bulletin, id: "5616"}
#     - {framework: nvidia-bulletin, id: "5582"}
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-190, id: 4.4.1}
#   remediation: |
#     Upgrade the GPU Operator to v26.3.2 or newer, one line at a time, or only the toolkit:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"toolkit":{"version":"v1.19.1"}}}'
#     Set toolkit.version in the chart's values too, or its next upgrade or sync undoes it.
#     Where the host brings the toolkit, upgrade it in the node image (Ubuntu) and replace the nodes:
#     apt-get install --only-upgrade nvidia-container-toolkit
package eidos.kubernetes.container_toolkit_floor

import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.versions

toolkits := [image |
	some name in data.params.images
	some image in images.named(input.k8s.image, name)
]

applicable if count(toolkits) > 0

floor := data.tables.container_toolkit.floor

deny contains findings.unreadable(images.path(toolkit), images.tag(toolkit), "a Container Toolkit version") if {
	some toolkit in toolkits
	not versions.readable(images.tag(toolkit))
}

deny contains finding if {
	some toolkit in toolkits
	versions.older(toolkit.tag, floor)
	finding := {
		"msg": sprintf("Container Toolkit %v is below %v, which fixes %v.", [toolkit.tag, floor, data.tables.container_toolkit.fixes]),
		"path": images.path(toolkit),
		"actual": toolkit.tag,
		"expected": sprintf(">= %v", [floor]),
	}
}
