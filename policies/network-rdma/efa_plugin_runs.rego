# METADATA
# title: The EFA devices of a node are offered to pods
# description: |
#   A node with the efa module has Elastic Fabric Adapters. Without the device plugin or the DRA driver for
#   EFA no pod gets one, and NCCL falls back to TCP. Whether the node advertises as many as its instance type
#   has, and RDMA devices of other vendors, are not in today's snapshots. Where the listed images cannot be
#   all that run, the answer is unknown.
# related_resources:
#   - ref: https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html
#     description: Machine learning with EFA on Amazon EKS
#   - ref: https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin
#     description: Chart of the EFA device plugin
# custom:
#   id: NET-009
#   severity: high
#   scope: node
#   requires: [os.kmod, k8s.image]
#   params:
#     images:
#       type: array
#       items: string
#       default: [aws-efa-k8s-device-plugin, aws-dranet, dranet]
#       description: Image names, without registry and tag, that offer EFA to pods; add the name of your mirror's copy.
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Install the device plugin:
#     helm upgrade --install aws-efa-k8s-device-plugin aws-efa-k8s-device-plugin --repo https://aws.github.io/eks-charts -n kube-system
#     Then see what each node offers:
#     kubectl get nodes -o 'custom-columns=NAME:.metadata.name,EFA:.status.allocatable.vpc\.amazonaws\.com/efa'
package eidos.network_rdma.efa_plugin_runs

import data.eidos.lib.images
import data.eidos.lib.modules

applicable if modules.loaded(input.os.kmod, "efa")

offered if images.runs(input.k8s.image, data.params.images)

unknown contains images.untold(input.k8s.image, data.params.images)

deny contains finding if {
	not offered
	images.whole(input.k8s.image)
	finding := {
		"msg": sprintf("Kernel module efa is loaded, but no image offers EFA to pods, expected one of %v.", [concat(", ", data.params.images)]),
		"path": "k8s.image",
		"actual": "absent",
		"expected": concat(", ", data.params.images),
	}
}
