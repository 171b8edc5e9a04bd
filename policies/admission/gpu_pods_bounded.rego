# METADATA
# title: Pods with GPUs say where they run, how important they are, what they may use
# description: |
#   Nodes with GPUs are tainted so that other pods stay away: a pod that does not tolerate the taint is never
#   scheduled. Without a priority class, training and inference preempt each other at random; without CPU and
#   memory limits, one pod starves its neighbours on the most expensive node of the cluster. A pod that claims
#   a device through Dynamic Resource Allocation counts as a GPU pod if the device class of its claim says so.
# related_resources:
#   - ref: https://hub.armosec.io/docs/c-0270
#     description: Kubescape control C-0270, CPU limits
#   - ref: https://hub.armosec.io/docs/c-0271
#     description: Kubescape control C-0271, memory limits
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
# custom:
#   id: ADM-002
#   severity: medium
#   scope: admission
#   params:
#     resources:
#       type: array
#       items: string
#       default: [nvidia.com/gpu, nvidia.com/mig-]
#       description: Beginnings of the names of resources that are GPUs; add those of your device plugin.
#     device_classes:
#       type: array
#       items: string
#       default: [gpu.nvidia.com, mig.nvidia.com, vfio.gpu.nvidia.com]
#       description: Device classes (dynamic resource allocation) that are GPUs; add classes of your own.
#     tolerated:
#       type: array
#       items: string
#       default: [nvidia.com/gpu]
#       description: Taints of GPU nodes, one of which a pod must tolerate; empty if your GPU nodes have no taint.
#     priority_classes:
#       type: array
#       items: string
#       default: []
#       description: Priority classes that pods with GPUs may have; empty allows any. Set it if priority decides who gets GPUs.
#   controls:
#     - {framework: kubescape, id: C-0270}
#     - {framework: kubescape, id: C-0271}
#     - {framework: nist-800-53, id: SC-6}
#   remediation: |
#     In the pod's spec:
#     tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
#     priorityClassName: CLASS
#     and in each container that uses a GPU:
#     resources: {limits: {nvidia.com/gpu: 1, cpu: "8", memory: 64Gi}}
package eidos.admission.gpu_pods_bounded

import data.eidos.lib.findings
import data.eidos.lib.workloads

applicable if count(gpu_pods) > 0

applicable if count(untold) > 0

gpu_pods := [pod | some pod in workloads.pods(input.request); has_gpu(pod)]

has_gpu(pod) if {
	some each in workloads.containers(pod)
	workloads.asks(each.container, data.params.resources)
}

has_gpu(pod) if {
	some class in workloads.device_classes(pod, input.claims)
	class in data.params.device_classes
}

deny contains {
	"msg": sprintf("The pod tolerates none of the taints of GPU nodes (%v).", [concat(", ", data.params.tolerated)]),
	"path": sprintf("%v.tolerations", [pod.path]),
	"expected": "a toleration",
} if {
	count(data.params.tolerated) > 0
	some pod in gpu_pods
	not tolerates(pod)
}

tolerates(pod) if {
	some toleration in workloads.entries(pod.spec, "tolerations")
	toleration.key in data.params.tolerated
}

tolerates(pod) if {
	some toleration in workloads.entries(pod.spec, "tolerations")
	toleration.operator == "Exists"
	object.get(toleration, "key", "") == ""
}

deny contains {
	"msg": "The pod has no priority class.",
	"path": sprintf("%v.priorityClassName", [pod.path]),
	"expected": "a priority class",
} if {
	some pod in gpu_pods
	object.get(pod.spec, "priorityClassName", null) in {null, ""}
}

deny contains {
	"msg": sprintf("The pod has the priority class %v, expected one of %v.", [findings.quoted(found), concat(", ", data.params.priority_classes)]),
	"path": sprintf("%v.priorityClassName", [pod.path]),
	"actual": found,
	"expected": data.params.priority_classes,
} if {
	count(data.params.priority_classes) > 0
	some pod in gpu_pods
	found := pod.spec.priorityClassName
	not found in {null, ""}
	not found in data.params.priority_classes
}

deny contains {
	"msg": sprintf("Container %v uses a GPU and has no limit of %v.", [each.name, resource]),
	"path": sprintf("%v.resources", [each.path]),
	"expected": sprintf("a limit of %v", [resource]),
} if {
	some pod in gpu_pods
	some each in workloads.containers(pod)
	uses_gpu(each.container)
	some resource in ["cpu", "memory"]
	not limited(each.container, resource)
}

uses_gpu(container) if workloads.asks(container, data.params.resources)

uses_gpu(container) if count(workloads.entries(container.resources, "claims")) > 0

limited(container, resource) if {
	amount := workloads.fields(container.resources, "limits")[resource]
	not amount in {null, ""}
}

untold := workloads.unreadable(input.request) | {finding |
	some pod in workloads.pods(input.request)
	not has_gpu(pod)
	some finding in workloads.unknown_claims(pod, input.claims)
}

unknown contains finding if some finding in untold
