# METADATA
# title: Containers drop all capabilities and add only those that are allowed
# description: |
#   What the runtime gives a container by default lets it forge packets on the pod network (NET_RAW), among other
#   things. RDMA needs to lock memory (IPC_LOCK), and some collectives set scheduling (SYS_NICE): these may be
#   added where a container asks for an RDMA device, and nowhere else.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Kubernetes Pod Security Standards, restricted
#   - ref: https://hub.armosec.io/docs/c-0046
#     description: Kubescape control C-0046, insecure capabilities
# custom:
#   id: ADM-005
#   severity: high
#   scope: admission
#   params:
#     allowed:
#       type: array
#       items: string
#       default: [NET_BIND_SERVICE]
#       description: Capabilities that any container may add; add one only if all workloads may have it.
#     with_rdma:
#       type: array
#       items: string
#       default: [IPC_LOCK, SYS_NICE, SYS_RESOURCE]
#       description: Capabilities that a container may add if it asks for an RDMA device; shorten it if your workloads need less.
#     rdma_resources:
#       type: array
#       items: string
#       default: [rdma/, nvidia.com/rdma, nvidia.com/hostdev, nvidia.com/sriov, nvidia.com/mlnx, openshift.io/, vpc.amazonaws.com/efa, mellanox.com/]
#       description: Beginnings of the names of resources that are RDMA devices; add those of your device plugin.
#     privileged_namespaces:
#       type: array
#       items: string
#       default: [kube-system, gpu-operator, network-operator, nvidia-network-operator, nvidia-dra-driver, nvidia-dra-driver-gpu, node-feature-discovery, skyhook, nvsentinel, monitoring, nsight-operator, local-path-storage, rook-ceph, topolvm-system]
#       description: Namespaces of drivers and node agents, which the rule does not judge; add those of your own node agents only.
#   controls:
#     - {framework: cis-kubernetes, id: 5.2.7}
#     - {framework: cis-kubernetes, id: 5.2.8}
#     - {framework: cis-kubernetes, id: 5.2.9}
#     - {framework: kubescape, id: C-0046}
#   remediation: |
#     In each container:
#     securityContext: {capabilities: {drop: [ALL]}}
#     and for RDMA, beside a resource such as rdma/hca:
#     securityContext: {capabilities: {drop: [ALL], add: [IPC_LOCK]}}
package eidos.admission.capabilities_limited

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

# Devices are asked for by one container of a pod and used by all that share its network.
containers := [object.union(each, {"rdma": rdma, "is_windows": is_windows(pod)}) |
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	rdma := workloads.asks(each.container, data.params.rdma_resources)
]

containers_without_rdma := [object.union(each, {"rdma": false, "is_windows": is_windows(pod)}) |
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	not workloads.asks(each.container, data.params.rdma_resources)
]

every_container := array.concat(containers, containers_without_rdma)

# Windows has no capabilities, and the API server refuses them there.
is_windows(pod) if pod.spec.os.name == "windows"

else := false

deny contains {
	"msg": sprintf("Container %v does not drop all capabilities.", [each.name]),
	"path": sprintf("%v.securityContext.capabilities.drop", [each.path]),
	"expected": ["ALL"],
} if {
	some each in every_container
	not each.is_windows
	not drops_all(each.container)
}

drops_all(container) if {
	some name in workloads.entries(container.securityContext.capabilities, "drop")
	is_string(name)
	plain(name) == "ALL"
}

deny contains {
	"msg": sprintf("Container %v adds the capability %v.", [each.name, findings.quoted(name)]),
	"path": sprintf("%v.securityContext.capabilities.add[%v]", [each.path, place]),
	"actual": name,
	"expected": sprintf("none but %v", [concat(", ", allowed(each))]),
} if {
	some each in every_container
	some place, name in workloads.entries(each.container.securityContext.capabilities, "add")
	not may(each, name)
}

may(each, name) if {
	is_string(name)
	plain(name) in allowed(each)
}

allowed(each) := data.params.allowed if not each.rdma

allowed(each) := array.concat(data.params.allowed, data.params.with_rdma) if each.rdma

plain(name) := trim_prefix(upper(name), "CAP_") if regex.match(`^[A-Za-z_]+$`, name)

unknown contains finding if some finding in workloads.unreadable(input.request)
