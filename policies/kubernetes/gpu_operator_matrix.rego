# METADATA
# title: The GPU Operator supports the Kubernetes release
# description: |
#   Each line of the GPU Operator is tested on a range of Kubernetes releases. Judged where a GPU Operator
#   runs.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/platform-support.html
#     description: GPU Operator, supported Kubernetes releases
# custom:
#   id: K8S-004
#   severity: high
#   scope: cluster
#   requires: [k8s.server.version, k8s.image]
#   tables: [gpu_operator_matrix]
#   params:
#     images:
#       type: array
#       items: string
#       default: [gpu-operator]
#       description: Image names by which the GPU Operator is found, without registry and tag; add the name of your mirror's copy.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator-platform-support}
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Kubernetes too new: upgrade the GPU Operator first, one line at a time (25.3 to 25.10 to 26.3):
#     helm upgrade gpu-operator gpu-operator --repo https://helm.ngc.nvidia.com/nvidia -n gpu-operator --version VERSION --reset-then-reuse-values
#     Kubernetes too old: upgrade Kubernetes first.
package eidos.kubernetes.gpu_operator_matrix

import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.versions

version := input.k8s.server.version

operators := [image |
	some name in data.params.images
	some image in images.named(input.k8s.image, name)
]

applicable if count(operators) > 0

release := versions.line(version)

deny contains findings.unreadable("k8s.server.version", version, "a Kubernetes version") if not release

deny contains findings.unreadable(images.path(operator), images.tag(operator), "a GPU Operator version") if {
	some operator in operators
	not versions.line(images.tag(operator))
}

deny contains finding if {
	some operator in operators
	line := versions.line(operator.tag)
	not data.tables.gpu_operator_matrix.lines[line]
	finding := {
		"msg": sprintf("It is not known which Kubernetes releases GPU Operator %v supports.", [operator.tag]),
		"path": images.path(operator),
		"actual": operator.tag,
		"expected": "a known line of the GPU Operator",
	}
}

deny contains finding if {
	some operator in operators
	range := data.tables.gpu_operator_matrix.lines[versions.line(operator.tag)]
	release
	not versions.between(release, range.first, range.last)
	finding := {
		"msg": sprintf("GPU Operator %v supports Kubernetes %v to %v, not %v.", [operator.tag, range.first, range.last, release]),
		"path": "k8s.server.version",
		"actual": version,
		"expected": sprintf("%v to %v", [range.first, range.last]),
	}
}
