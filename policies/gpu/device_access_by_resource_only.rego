# METADATA
# title: GPUs cannot be taken by an environment variable
# description: |
#   By default any container that sets NVIDIA_VISIBLE_DEVICES gets GPUs, past the scheduler and past
#   quotas. The toolkit can be told to ignore the variable in unprivileged containers.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/security.html
#     description: GPU Operator, security considerations
#   - ref: https://github.com/NVIDIA/k8s-device-plugin/blob/main/README.md
#     description: Device plugin, device list strategies
# custom:
#   id: GPU-018
#   severity: high
#   scope: cluster
#   requires: [k8s.policy]
#   controls:
#     - {framework: nist-800-53, id: AC-6}
#     - {framework: nvidia-docs, id: toolkit-unprivileged-envvar}
#   remediation: |
#     Set in the GPU Operator's values, so that only the device plugin hands out GPUs, beside the entries that are there (a
#     list of values replaces the chart's):
#     toolkit.env: [{name: ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED, value: "false"}, {name: ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS, value: "true"}]
#     And beside it:
#     devicePlugin.env: [{name: DEVICE_LIST_STRATEGY, value: "cdi-cri,cdi-annotations,volume-mounts"}]
#     Where the host owns the toolkit, set it there and restart the runtime of the drained node:
#     nvidia-ctk config --in-place --set accept-nvidia-visible-devices-envvar-when-unprivileged=false --set accept-nvidia-visible-devices-as-volume-mounts=true
package eidos.gpu.device_access_by_resource_only

import data.eidos.lib.booleans
import data.eidos.lib.cluster_policies
import data.eidos.lib.environments
import data.eidos.lib.findings

variable := "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED"

path := `k8s.policy["toolkit.env"]`

applicable if cluster_policies.runs(input.k8s.policy, "toolkit")

env := object.get(input.k8s.policy, "toolkit.env", null)

accepted := environments.value(env, variable)

deny contains findings.unreadable(path, env, "a list of variables") if not environments.readable(env)

deny contains finding if {
	environments.readable(env)
	not refused
	finding := {
		"msg": sprintf("%v, so any container can take GPUs by naming them.", [said]),
		"path": path,
		"actual": shown,
		"expected": sprintf("%v=false", [variable]),
	}
}

refused if booleans.no(accepted)

said := sprintf("The toolkit has %v=%v", [variable, shown]) if {
	shown != null
} else := sprintf("The toolkit does not set %v, which stands for true", [variable])

shown := value if {
	value := accepted
} else := null
