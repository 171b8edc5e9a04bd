# METADATA
# title: Operands run the versions that the ClusterPolicy declares
# description: |
#   A running version that nobody declared is a rollout that hangs, an edit by hand, or a second owner.
#   An operand whose image does not run is not judged, because a node that needs it may not be there.
#   Where the snapshot keeps one tag for a name, two versions of an image cannot be told apart.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/upgrade.html
#     description: Upgrading the GPU Operator
# custom:
#   id: OPR-019
#   severity: medium
#   scope: cluster
#   requires: [k8s.image, k8s.policy]
#   params:
#     operands:
#       type: array
#       items: string
#       default:
#         - driver
#         - driver.manager
#         - toolkit
#         - devicePlugin
#         - gfd
#         - dcgm
#         - dcgmExporter
#         - migManager
#         - gdrcopy
#         - gds
#         - validator
#       description: Operands of the ClusterPolicy whose running version is compared with the declared one; take one out if you manage it elsewhere.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#     - {framework: nist-800-53, id: CM-3}
#   remediation: |
#     See which pods lag:
#     kubectl get pods -n gpu-operator -o wide
#     Finish the rollout: pods of DaemonSets with the strategy OnDelete change only when deleted (drain the node
#     before its driver pod). Or declare the running version in the chart's values, if it was meant.
package eidos.operators.operands_run_declared_versions

import data.eidos.lib.cluster_policies
import data.eidos.lib.images

policy := input.k8s.policy

applicable if cluster_policies.present(policy)

versions_of[image] contains version if {
	some operand in data.params.operands
	image := policy[sprintf("%v.image", [operand])]
	version := policy[sprintf("%v.version", [operand])]
	version != ""
}

deny contains finding if {
	some name, versions in versions_of
	some image in images.named(input.k8s.image, name)
	tag := object.get(image, "tag", "none")
	count({version | some version in versions; same(image, version)}) == 0
	expected := concat(" or ", sort([sprintf("%v", [version]) | some version in versions]))
	finding := {
		"msg": sprintf("Image %v runs with tag %v, but the ClusterPolicy declares %v, expected the same.", [name, tag, expected]),
		"path": images.path(image),
		"actual": tag,
		"expected": expected,
	}
}

# The operator adds the operating system to the driver's version: 580.82.07-ubuntu22.04.
same(image, version) if startswith(sprintf("%v-", [image.tag]), sprintf("%v-", [version]))

same(image, version) if image.digest == version
