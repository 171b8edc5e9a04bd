# METADATA
# title: Driver and device plugin have one owner
# description: |
#   GKE installs its own driver and device plugin unless told not to. Beside the GPU Operator's they conflict:
#   GPUs are advertised twice, or the driver is replaced under running jobs. Owners are recognised by image
#   names; others, such as a second release of NVIDIA's own chart, use the same image and are not seen.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/google-gke.html
#     description: GPU Operator on Google GKE
# custom:
#   id: OPR-006
#   severity: critical
#   scope: cluster
#   requires: [k8s.image, k8s.policy]
#   params:
#     owners:
#       type: object
#       items: array
#       default:
#         driver: [cos-nvidia-installer, nvidia-driver-installer, cos-gpu-installer]
#         devicePlugin: [nvidia-gpu-device-plugin]
#       description: ClusterPolicy operand to image names, without registry and tag, of another owner of the same job; add those of your provider.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/google-gke}
#   remediation: |
#     Label the GPU nodes gke-no-default-nvidia-gpu-device-plugin=true and gpu-driver-version=disabled (in
#     the node pool's definition), or turn the operator's off: driver.enabled=false or
#     devicePlugin.enabled=false in the chart's values.
package eidos.operators.single_owner

import data.eidos.lib.cluster_policies
import data.eidos.lib.findings
import data.eidos.lib.images

policy := input.k8s.policy

applicable if cluster_policies.present(policy)

key(operand) := sprintf("%v.enabled", [operand])

deny contains finding if {
	some operand, names in data.params.owners
	not switched_off(operand)
	some name in names
	some image in images.named(input.k8s.image, name)
	finding := {
		"msg": sprintf("Image %v runs while %v is true, expected one owner.", [name, key(operand)]),
		"path": images.path(image),
		"actual": object.get(image, "tag", "none"),
		"expected": sprintf("absent, or %v false", [key(operand)]),
	}
}

deny contains findings.unreadable(cluster_policies.path(key(operand)), policy[key(operand)], "true or false") if {
	some operand, _ in data.params.owners
	not understood(operand)
}

switched_off(operand) if cluster_policies.switched(policy, key(operand), true) == false

understood(operand) if cluster_policies.switched(policy, key(operand), true) in {true, false}
