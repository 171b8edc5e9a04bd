# METADATA
# title: Pods do not reach the node they run on
# description: |
#   A privileged container, or one that uses the node's processes, network or files, controls the node and
#   every GPU, secret and pod on it. Drivers and agents need this; list their namespaces in
#   params.privileged_namespaces.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Kubernetes Pod Security Standards, baseline
#   - ref: https://hub.armosec.io/docs/c-0057
#     description: Kubescape control C-0057, privileged container
# custom:
#   id: ADM-003
#   severity: critical
#   scope: admission
#   params:
#     privileged_namespaces:
#       type: array
#       items: string
#       default: [kube-system, gpu-operator, network-operator, nvidia-network-operator, nvidia-dra-driver, nvidia-dra-driver-gpu, node-feature-discovery, skyhook, nvsentinel, monitoring, nsight-operator, local-path-storage, rook-ceph, topolvm-system]
#       description: Namespaces of drivers and node agents, which the rule does not judge; add those of your own node agents only.
#   controls:
#     - {framework: cis-kubernetes, id: 5.2.2}
#     - {framework: cis-kubernetes, id: 5.2.3}
#     - {framework: cis-kubernetes, id: 5.2.4}
#     - {framework: cis-kubernetes, id: 5.2.5}
#     - {framework: cis-kubernetes, id: 5.2.11}
#     - {framework: cis-kubernetes, id: 5.2.12}
#     - {framework: kubescape, id: C-0038}
#     - {framework: kubescape, id: C-0041}
#     - {framework: kubescape, id: C-0044}
#     - {framework: kubescape, id: C-0045}
#     - {framework: kubescape, id: C-0057}
#   remediation: |
#     Take the setting out of the pod's spec. For files of the node use a volume of another kind (emptyDir,
#     persistentVolumeClaim); for a port a Service. A driver or agent belongs in a namespace of its own, which
#     whoever runs the cluster adds to params.privileged_namespaces of ADM-003.
package eidos.admission.no_host_access

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
	"msg": sprintf("The pod has %v.", [setting]),
	"path": sprintf("%v.%v", [pod.path, setting]),
	"actual": pod.spec[setting],
	"expected": false,
} if {
	some pod in workloads.pods(input.request)
	some setting in ["hostIPC", "hostNetwork", "hostPID"]
	on(pod.spec[setting])
}

deny contains {
	"msg": sprintf("Container %v is privileged.", [each.name]),
	"path": sprintf("%v.securityContext.privileged", [each.path]),
	"actual": each.container.securityContext.privileged,
	"expected": false,
} if {
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	on(each.container.securityContext.privileged)
}

# What is neither on nor off is taken for on: nobody knows what it will be.
on(value) if not value in {false, null}

deny contains {
	"msg": sprintf("The pod mounts %v of its node.", [findings.quoted(object.get(volume.hostPath, "path", null))]),
	"path": sprintf("%v.volumes[%v].hostPath", [pod.path, place]),
	"actual": object.get(volume.hostPath, "path", null),
	"expected": "no hostPath",
} if {
	some pod in workloads.pods(input.request)
	some place, volume in workloads.entries(pod.spec, "volumes")
	is_object(volume.hostPath)
}

deny contains {
	"msg": sprintf("Container %v takes port %v of its node.", [each.name, findings.quoted(port.hostPort)]),
	"path": sprintf("%v.ports[%v].hostPort", [each.path, place]),
	"actual": port.hostPort,
	"expected": "no hostPort",
} if {
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	some place, port in workloads.entries(each.container, "ports")
	not port.hostPort in {0, null}
}

unknown contains finding if some finding in workloads.unreadable(input.request)
