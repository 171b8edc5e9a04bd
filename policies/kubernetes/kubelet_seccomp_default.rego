# METADATA
# title: Pods run with the runtime's seccomp profile
# description: |
#   Without seccompDefault a pod that asks for no profile may make every system call. CUDA works under the
#   runtime's profile; debuggers and profilers (Nsight Systems, cuda-gdb) must ask for Unconfined themselves.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-015
#   severity: medium
#   scope: node
#   requires: [k8s.kubelet.seccompDefault]
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.14}
#     - {framework: nist-800-190, id: 4.4.3}
#     - {framework: nist-800-53, id: CM-7}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     seccompDefault: true
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
#     Pods have the profile from their next start on: roll them group by group.
package eidos.kubernetes.kubelet_seccomp_default

import data.eidos.lib.booleans

value := object.get(input.k8s.kubelet, "seccompDefault", false)

deny contains finding if {
	not booleans.yes(value)
	finding := {
		"msg": "Pods that ask for no seccomp profile have none.",
		"path": "k8s.kubelet.seccompDefault",
		"actual": value,
		"expected": true,
	}
}
