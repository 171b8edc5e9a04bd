# METADATA
# title: NVSentinel has a DCGM to ask
# description: |
#   The GPU health monitor of NVSentinel asks the DCGM service of the GPU Operator, which is off by
#   default. Without it NVSentinel runs and sees no GPU fault. Whether a second DCGM exporter runs is not
#   in today's snapshots.
# related_resources:
#   - ref: https://github.com/NVIDIA/NVSentinel
#     description: NVSentinel, prerequisites
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/getting-started.html
#     description: Chart values of the GPU Operator, dcgm.enabled
# custom:
#   id: OPR-008
#   severity: high
#   scope: cluster
#   requires: [k8s.image, k8s.policy]
#   controls:
#     - {framework: nvidia-docs, id: nvsentinel/prerequisites}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Set dcgm.enabled=true in the chart's values, and until the next upgrade of the chart:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"dcgm":{"enabled":true}}}'
#     Then check that the service has endpoints:
#     kubectl get endpointslices -n gpu-operator -l kubernetes.io/service-name=nvidia-dcgm
package eidos.operators.dcgm_for_nvsentinel

import data.eidos.lib.cluster_policies
import data.eidos.lib.components
import data.eidos.lib.findings

policy := input.k8s.policy

applicable if {
	components.nvsentinel(input.k8s.image)
	cluster_policies.present(policy)
}

on if cluster_policies.switched(policy, "dcgm.enabled", false) == true

shown := object.get(policy, "dcgm.enabled", "absent")

deny contains finding if {
	not on
	finding := {
		"msg": sprintf("NVSentinel runs, but dcgm.enabled is %v, expected true.", [findings.quoted(shown)]),
		"path": cluster_policies.path("dcgm.enabled"),
		"actual": shown,
		"expected": "true",
	}
}
