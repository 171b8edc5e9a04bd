# METADATA
# title: The container runtime is one that Kubernetes and the GPU Operator support
# description: |
#   Kubernetes speaks to runtimes through the CRI. The GPU Operator configures containerd and CRI-O; dockershim
#   left Kubernetes with 1.24.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/platform-support.html
#     description: GPU Operator, supported container runtimes
#   - ref: https://kubernetes.io/docs/setup/production-environment/container-runtimes/
#     description: Container runtimes
# custom:
#   id: K8S-026
#   severity: high
#   scope: node
#   requires: [k8s.node.container-runtime-name]
#   params:
#     runtimes:
#       type: array
#       items: string
#       default: [containerd, cri-o]
#       description: Container runtimes that are accepted, in lower case; shorten it if your site supports only one.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator-platform-support}
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Replace it with one from an image with containerd 2.3 or newer, or CRI-O. Check what the nodes run:
#     kubectl get nodes -o wide
package eidos.kubernetes.runtime_supported

import data.eidos.lib.findings

runtime := input.k8s.node["container-runtime-name"]

supported if {
	is_string(runtime)
	lower(runtime) in data.params.runtimes
}

deny contains finding if {
	not supported
	finding := {
		"msg": sprintf("The container runtime is %v, which is not supported.", [findings.quoted(runtime)]),
		"path": `k8s.node["container-runtime-name"]`,
		"actual": runtime,
		"expected": concat(" or ", data.params.runtimes),
	}
}
