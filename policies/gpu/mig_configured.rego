# METADATA
# title: The MIG manager has done what the node asks for
# description: |
#   A change of MIG geometry that fails leaves the node cordoned or with the old slices: the GPUs were in
#   use, or the name of the configuration is wrong.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html
#     description: GPU Operator with MIG
# custom:
#   id: GPU-020
#   severity: high
#   scope: node
#   requires: [k8s.node.labels]
#   tags: [mig]
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator-mig}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Read why:
#     kubectl -n gpu-operator logs -l app=nvidia-mig-manager --tail=50
#     pending and rebooting pass by themselves. For failed, drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     If the name is wrong, set one that the MIG manager knows:
#     kubectl label node NODE --overwrite nvidia.com/mig.config=CONFIGURATION
#     If it is right, let the manager try again, and uncordon the node when the state is success:
#     kubectl -n gpu-operator delete pod -l app=nvidia-mig-manager --field-selector spec.nodeName=NODE
package eidos.gpu.mig_configured

labels := input.k8s.node.labels

applicable if labels["nvidia.com/mig.config"]

state := object.get(labels, "nvidia.com/mig.config.state", "absent")

deny contains finding if {
	state != "success"
	finding := {
		"msg": sprintf("The MIG configuration %v is in state %v, expected success.", [labels["nvidia.com/mig.config"], state]),
		"path": `k8s.node.labels["nvidia.com/mig.config.state"]`,
		"actual": state,
		"expected": "success",
	}
}
