# METADATA
# title: The kubelet's port without authentication is closed
# description: |
#   Port 10255 tells everybody who reaches the node which pods run there, with their environment and
#   addresses, and asks for no credential. The default, 0, closes it.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-011
#   severity: high
#   scope: node
#   requires: [k8s.kubelet.authentication]
#   reads: [k8s.kubelet.readOnlyPort]
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.4}
#     - {framework: nist-800-53, id: CM-7}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     readOnlyPort: 0
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_read_only_port_closed

import data.eidos.lib.quantities

value := object.get(input.k8s.kubelet, "readOnlyPort", 0)

number := quantities.number(value)

deny contains finding if {
	not fits
	finding := {
		"msg": sprintf("The kubelet answers everybody on port %v.", [value]),
		"path": "k8s.kubelet.readOnlyPort",
		"actual": value,
		"expected": 0,
	}
}

fits if {
	number == 0
}
