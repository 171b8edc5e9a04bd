# METADATA
# title: The GPU Operator's default runtime is the one that nodes run
# description: |
#   operator.defaultRuntime is what the operator configures where it cannot see a node's runtime, for
#   example before the first node joins. A wrong one shows only then: the toolkit writes the
#   configuration of another runtime and GPU pods do not start.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/getting-started.html
#     description: Chart values of the GPU Operator
# custom:
#   id: OPR-018
#   severity: info
#   scope: node
#   requires: [k8s.policy, k8s.node.container-runtime-name]
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/getting-started}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Tell the operator the runtime of the nodes (RUNTIME: containerd or crio):
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"operator":{"defaultRuntime":"RUNTIME"}}}'
#     Set operator.defaultRuntime in the chart's values too, or its next upgrade or sync undoes it.
package eidos.operators.runtime_declared

import data.eidos.lib.cluster_policies
import data.eidos.lib.findings

declared := input.k8s.policy["operator.defaultRuntime"]

running := input.k8s.node["container-runtime-name"]

applicable if declared != ""

# The kubelet says cri-o, the operator crio.
same if _plain(declared) == _plain(running)

_plain(name) := replace(lower(name), "-", "") if is_string(name)

warn contains finding if {
	not same
	finding := {
		"msg": sprintf("operator.defaultRuntime is %v, but the node runs %v, expected the same.", [findings.quoted(declared), running]),
		"path": cluster_policies.path("operator.defaultRuntime"),
		"actual": declared,
		"expected": running,
	}
}
