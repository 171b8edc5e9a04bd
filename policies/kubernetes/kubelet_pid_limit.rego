# METADATA
# title: No pod can use up the node's processes
# description: |
#   Without podPidsLimit one pod that forks without end takes every process id of the node, and stops the
#   kubelet and the GPU daemons. Data loaders of training jobs start many processes, so the limit must not be
#   too small either.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-014
#   severity: medium
#   scope: node
#   requires: [k8s.kubelet.podPidsLimit]
#   params:
#     least:
#       type: integer
#       default: 1024
#       minimum: 128
#       maximum: 4194304
#       description: Lowest limit of processes per pod that is accepted; raise it for workloads with many processes or threads.
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.13}
#     - {framework: nist-800-53, id: SC-5}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     podPidsLimit: 16384
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_pid_limit

import data.eidos.lib.quantities

value := object.get(input.k8s.kubelet, "podPidsLimit", null)

number := quantities.number(value)

deny contains finding if {
	not fits
	finding := {
		"msg": sprintf("A pod may have %v processes, -1 is without limit.", [value]),
		"path": "k8s.kubelet.podPidsLimit",
		"actual": value,
		"expected": sprintf("at least %v", [data.params.least]),
	}
}

fits if {
	number >= data.params.least
}
