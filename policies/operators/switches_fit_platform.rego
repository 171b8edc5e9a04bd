# METADATA
# title: The GPU Operator owns driver and toolkit where the platform does not
# description: |
#   Amazon Linux and Bottlerocket images of EKS and Container-Optimized OS of GKE bring their driver; an
#   operator that installs a second one breaks the node. On Ubuntu nodes the operator normally owns both,
#   so a switch that is off there warns. AKS and OKE have pools of both kinds, which a snapshot does not
#   tell apart; they are not judged, and neither are nodes on which no GPU is seen.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/amazon-eks.html
#     description: GPU Operator on Amazon EKS
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/google-gke.html
#     description: GPU Operator on Google GKE
# custom:
#   id: OPR-005
#   severity: critical
#   scope: node
#   requires: [k8s.policy, k8s.node.provider, k8s.node.os-image, gpu.smi]
#   params:
#     platforms:
#       type: array
#       items: object
#       default:
#         - {provider: eks, image: Amazon Linux, must: {driver: false, toolkit: false}}
#         - {provider: eks, image: Bottlerocket, must: {driver: false, toolkit: false}}
#         - {provider: eks, image: Ubuntu, usual: {driver: true, toolkit: true}}
#         - {provider: gke, image: Container-Optimized OS, must: {driver: false, toolkit: true}}
#         - {provider: gke, image: Ubuntu, usual: {driver: true, toolkit: true}}
#       description: Per provider and beginning of the node's OS image, the switches that must, or usually do, have a value; add your own platforms.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/amazon-eks}
#     - {framework: nvidia-docs, id: gpu-operator/google-gke}
#   remediation: |
#     Set the switches that the findings name in the chart's values, keeping the chart's VERSION. On EKS with
#     Amazon Linux:
#     helm upgrade gpu-operator gpu-operator --repo https://helm.ngc.nvidia.com/nvidia -n gpu-operator --version VERSION --reuse-values --set driver.enabled=false --set toolkit.enabled=false
#     Two drivers leave modules behind, so reboot the GPU nodes one by one, each after:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
package eidos.operators.switches_fit_platform

import data.eidos.lib.cluster_policies
import data.eidos.lib.findings
import data.eidos.lib.quantities

policy := input.k8s.policy

image := input.k8s.node["os-image"]

platforms contains platform if {
	some platform in data.params.platforms
	platform.provider == input.k8s.node.provider
	is_string(image)
	startswith(image, platform.image)
}

applicable if {
	cluster_policies.present(policy)
	quantities.number(input.gpu.smi["gpu-count"]) > 0
	count(platforms) > 0
}

key(operand) := sprintf("%v.enabled", [operand])

differs(operand, wanted) if cluster_policies.switched(policy, key(operand), true) == wanted == false

deny contains found(operand, wanted, platform) if {
	some platform in platforms
	some operand, wanted in platform.must
	differs(operand, wanted)
}

warn contains found(operand, wanted, platform) if {
	some platform in platforms
	some operand, wanted in platform.usual
	differs(operand, wanted)
}

deny contains findings.unreadable(cluster_policies.path(key(operand)), policy[key(operand)], "true or false") if {
	some operand in ["driver", "toolkit"]
	not understood(operand)
}

understood(operand) if cluster_policies.switched(policy, key(operand), true) in {true, false}

found(operand, wanted, platform) := {
	"msg": sprintf(
		"%v is %v on %v nodes with %v, expected %v.",
		[key(operand), shown(operand), platform.provider, platform.image, wanted],
	),
	"path": cluster_policies.path(key(operand)),
	"actual": shown(operand),
	"expected": wanted,
}

shown(operand) := object.get(policy, key(operand), "true by default")
