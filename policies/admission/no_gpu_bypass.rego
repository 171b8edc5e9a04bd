# METADATA
# title: No pod uses GPUs that the scheduler did not give it
# description: |
#   A container sees GPUs that it was not given if it mounts the node's device files, if
#   NVIDIA_VISIBLE_DEVICES asks the container runtime for them, or if its pod uses the GPU runtime class
#   without requesting a GPU. The scheduler still counts such a GPU as free and gives it to another pod.
#   NVIDIA_DRIVER_CAPABILITIES=all also brings in graphics, video and display libraries that few workloads
#   need.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
#     description: NVIDIA Container Toolkit, environment variables
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/cdi.html
# custom:
#   id: ADM-004
#   severity: high
#   scope: admission
#   params:
#     resources:
#       type: array
#       items: string
#       default: [nvidia.com/]
#       description: Beginnings of the names of resources that come with a GPU device; add those of your device plugin.
#     device_classes:
#       type: array
#       items: string
#       default: [gpu.nvidia.com, mig.nvidia.com, vfio.gpu.nvidia.com]
#       description: Device classes (dynamic resource allocation) that are GPUs; add classes of your own.
#     runtime_classes:
#       type: array
#       items: string
#       default: [nvidia, nvidia-cdi, nvidia-legacy]
#       description: Runtime classes that give a container GPUs; add the names that your cluster uses.
#     privileged_namespaces:
#       type: array
#       items: string
#       default: [kube-system, gpu-operator, network-operator, nvidia-network-operator, nvidia-dra-driver, nvidia-dra-driver-gpu, node-feature-discovery, skyhook, nvsentinel, monitoring, nsight-operator, local-path-storage, rook-ceph, topolvm-system]
#       description: Namespaces of drivers and node agents, which the rule does not judge; add those of your own node agents only.
#   controls:
#     - {framework: nist-800-53, id: AC-6}
#   remediation: |
#     Ask for the GPU, and take the mount, the variable or the runtime class out:
#     resources: {limits: {nvidia.com/gpu: 1}}
#     Where only the driver's libraries are wanted, name them: NVIDIA_DRIVER_CAPABILITIES=compute,utility.
package eidos.admission.no_gpu_bypass

import data.eidos.lib.findings
import data.eidos.lib.workloads

applicable if {
	not privileged_namespace
	count(workloads.pods(input.request)) > 0
}

applicable if {
	not privileged_namespace
	count(workloads.unreadable(input.request)) > 0
}

privileged_namespace if workloads.namespace(input.request) in data.params.privileged_namespaces

deny contains {
	"msg": sprintf("The pod mounts %v, where the GPUs of its node are.", [findings.quoted(path)]),
	"path": sprintf("%v.volumes[%v].hostPath.path", [pod.path, place]),
	"actual": path,
	"expected": "a GPU resource",
} if {
	some pod in workloads.pods(input.request)
	some place, volume in workloads.entries(pod.spec, "volumes")
	path := volume.hostPath.path
	of_devices(path)
}

# Slashes may be written twice, and a folder above holds the devices as well.
of_devices(path) if {
	is_string(path)
	plain := trim_right(regex.replace(path, `/+`, "/"), "/")
	of_plain(plain)
}

of_plain(plain) if plain in {"", "/dev"}

of_plain(plain) if strings.any_prefix_match(plain, ["/dev/nvidia", "/dev/dri", "/proc/driver/nvidia"])

of_plain(plain) if contains(plain, "/../")

deny contains {
	"msg": sprintf("Container %v sets NVIDIA_VISIBLE_DEVICES to %v and asks for no GPU.", [each.name, shown(variable)]),
	"path": sprintf("%v.env[%v]", [each.path, place]),
	"actual": object.get(variable, "value", null),
	"expected": "a GPU resource",
} if {
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	not is_given(pod, each.container)
	some place, variable in workloads.entries(each.container, "env")
	variable.name == "NVIDIA_VISIBLE_DEVICES"
	not object.get(variable, "value", "from elsewhere") in {"", "none", "void"}
}

deny contains {
	"msg": sprintf("Container %v asks for all capabilities of the driver.", [each.name]),
	"path": sprintf("%v.env[%v]", [each.path, place]),
	"actual": variable.value,
	"expected": "compute,utility",
} if {
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	some place, variable in workloads.entries(each.container, "env")
	variable.name == "NVIDIA_DRIVER_CAPABILITIES"
	is_string(variable.value)
	some word in split(variable.value, ",")
	trim(word, " ") == "all"
}

deny contains {
	"msg": sprintf("The pod runs under the runtime class %v and asks for no GPU.", [findings.quoted(pod.spec.runtimeClassName)]),
	"path": sprintf("%v.runtimeClassName", [pod.path]),
	"actual": pod.spec.runtimeClassName,
	"expected": "a GPU resource",
} if {
	some pod in workloads.pods(input.request)
	pod.spec.runtimeClassName in data.params.runtime_classes
	not has_gpu(pod)
	count(workloads.unknown_claims(pod, input.claims)) == 0
}

shown(variable) := findings.quoted(variable.value)

shown(variable) := "what stands elsewhere" if not "value" in object.keys(variable)

has_gpu(pod) if {
	some each in workloads.containers(pod)
	is_given(pod, each.container)
}

is_given(_, container) if workloads.asks(container, data.params.resources)

is_given(pod, container) if {
	count(workloads.entries(container.resources, "claims")) > 0
	claimed(pod)
}

claimed(pod) if count(workloads.device_classes(pod, input.claims) & {class | some class in data.params.device_classes}) > 0

claimed(pod) if count(workloads.unknown_claims(pod, input.claims)) > 0

unknown contains finding if some finding in workloads.unreadable(input.request)

# A claim of which nobody knows what it is may be of the GPU that is asked for in another way.
unknown contains finding if {
	some pod in workloads.pods(input.request)
	gets_at_gpus(pod)
	some finding in workloads.unknown_claims(pod, input.claims)
}

gets_at_gpus(pod) if pod.spec.runtimeClassName in data.params.runtime_classes

gets_at_gpus(pod) if {
	some each in workloads.containers(pod)
	some variable in workloads.entries(each.container, "env")
	variable.name == "NVIDIA_VISIBLE_DEVICES"
}
