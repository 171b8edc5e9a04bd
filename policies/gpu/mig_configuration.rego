# METADATA
# title: The MIG configuration exists and fits the GPU
# description: |
#   The MIG manager applies the configuration named in the ClusterPolicy. A name that its ConfigMap does
#   not have, or a geometry on a GPU without MIG, leaves the node waiting. What a ConfigMap of your own has is
#   in no snapshot: where nothing else is wrong the rule is skipped there, and GPU-020 judges what came of it.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html
#     description: GPU Operator with MIG
#   - ref: https://docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-gpus.html
#     description: GPUs that have MIG
# custom:
#   id: GPU-019
#   severity: medium
#   scope: node
#   requires: [gpu.smi.gpu.model, k8s.policy]
#   tables: [mig]
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator-mig}
#   remediation: |
#     Set mig.strategy to none, single or mixed, and migManager.config.default to a shipped name such as
#     all-disabled, all-balanced or all-1g.10gb. For a geometry of your own, name your ConfigMap in
#     migManager.config.name.
package eidos.gpu.mig_configuration

import data.eidos.lib.cluster_policies
import data.eidos.lib.findings

applicable if {
	cluster_policies.runs(input.k8s.policy, "migManager")
	config_map in {"", data.tables.mig.config_map}
}

# Nobody can tell what a ConfigMap of a site's own has, so that would be no pass.
applicable if {
	cluster_policies.runs(input.k8s.policy, "migManager")
	count(deny) > 0
}

strategy := object.get(input.k8s.policy, "mig.strategy", "single")

config := object.get(input.k8s.policy, "migManager.config.default", "all-disabled")

config_map := object.get(input.k8s.policy, "migManager.config.name", data.tables.mig.config_map)

model := input.gpu.smi["gpu.model"]

path := `k8s.policy["migManager.config.default"]`

deny contains findings.unreadable(`k8s.policy["mig.strategy"]`, strategy, "none, single or mixed") if {
	not strategy in {"none", "single", "mixed"}
}

deny contains findings.unreadable(`k8s.policy["migManager.config.name"]`, config_map, "the name of a ConfigMap") if {
	not is_string(config_map)
}

deny contains findings.unreadable(path, config, "the name of a MIG configuration") if not is_string(config)

deny contains finding if {
	config_map in {"", data.tables.mig.config_map}
	is_string(config)
	not regex.match(data.tables.mig.shipped, config)
	finding := {
		"msg": sprintf("The MIG configuration %v is none of those that the operator ships.", [findings.quoted(config)]),
		"path": path,
		"actual": config,
		"expected": "all-disabled, all-enabled, all-balanced or all-<profile>",
	}
}

deny contains finding if {
	not config in {"all-disabled", ""}
	not capable
	finding := {
		"msg": sprintf("The MIG configuration %v is set for a %v, which has no MIG.", [findings.quoted(config), model]),
		"path": path,
		"actual": config,
		"expected": "all-disabled",
	}
}

# Names are whole words: B200 is not GB200.
capable if {
	some name in data.tables.mig.capable
	is_string(model)
	contains(sprintf(" %v ", [replace(model, "-", " ")]), sprintf(" %v ", [name]))
}
