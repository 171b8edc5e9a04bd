# METADATA
# title: The kubelet keeps the chains that others rely on
# description: |
#   With makeIPTablesUtilChains off nobody creates the KUBE-FIREWALL and KUBE-MARK chains, which drop martian
#   packets and which network plug-ins rely on; packets for 127.0.0.1 from outside are then accepted.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-031
#   severity: low
#   scope: node
#   requires: [k8s.kubelet.makeIPTablesUtilChains]
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.6}
#     - {framework: nist-800-53, id: SC-7}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     makeIPTablesUtilChains: true
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_iptables_chains

import data.eidos.lib.booleans

value := object.get(input.k8s.kubelet, "makeIPTablesUtilChains", false)

deny contains finding if {
	not booleans.yes(value)
	finding := {
		"msg": "The kubelet does not make its iptables chains.",
		"path": "k8s.kubelet.makeIPTablesUtilChains",
		"actual": value,
		"expected": true,
	}
}
