# METADATA
# title: The device plugin withdraws unhealthy GPUs
# description: |
#   DP_DISABLE_HEALTHCHECKS=all or xids leaves GPUs with fatal errors allocatable, and jobs land on them
#   again and again. Single XIDs may be ignored: 109 was needed with device plugin 0.17 and older, and
#   is redundant since.
# related_resources:
#   - ref: https://github.com/NVIDIA/k8s-device-plugin#configuring-the-nvidia-device-plugin-binary
#     description: Configuration of the device plugin
# custom:
#   id: OPR-021
#   severity: high
#   scope: cluster
#   requires: [k8s.policy]
#   params:
#     harmful:
#       type: array
#       items: string
#       default: [all, xids]
#       description: Values of DP_DISABLE_HEALTHCHECKS, in lower case, that switch health checks off as a whole; add those of newer device plugins.
#   controls:
#     - {framework: nvidia-docs, id: k8s-device-plugin/configuration}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Remove DP_DISABLE_HEALTHCHECKS from devicePlugin.env in the chart's values, or name only the XIDs that you
#     must ignore. The device plugin's pods restart and report sick GPUs. Check what each node offers:
#     kubectl get nodes -o 'custom-columns=NAME:.metadata.name,GPU:.status.allocatable.nvidia\.com/gpu'
package eidos.operators.health_checks_on

import data.eidos.lib.cluster_policies
import data.eidos.lib.environments
import data.eidos.lib.findings

path := cluster_policies.path("devicePlugin.env")

env := object.get(input.k8s.policy, "devicePlugin.env", [])

applicable if cluster_policies.present(input.k8s.policy)

ignored := environments.value(env, "DP_DISABLE_HEALTHCHECKS")

deny contains finding if {
	is_string(ignored)
	some word in split(lower(ignored), ",")
	trim_space(word) in data.params.harmful
	finding := {
		"msg": sprintf("DP_DISABLE_HEALTHCHECKS of the device plugin is %v, expected single XIDs or nothing.", [ignored]),
		"path": path,
		"actual": ignored,
		"expected": "single XIDs, or absent",
	}
}

deny contains findings.unreadable(path, env, "a list of variables") if not environments.readable(env)

deny contains findings.unreadable(path, ignored, "a list of XIDs") if not listed(ignored)

listed(text) if {
	is_string(text)
	every word in split(lower(text), ",") {
		understood(trim_space(word))
	}
}

understood(word) if word in data.params.harmful

understood(word) if regex.match(`^[0-9]{0,4}$`, word)
