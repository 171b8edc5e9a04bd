# METADATA
# title: The kubelet offers no weak TLS
# description: |
#   Exec, logs and metrics go over the kubelet's TLS. With TLS before 1.2, or ciphers that Go ranks as
#   insecure (RC4, 3DES, CBC with SHA-1, without forward secrecy), an eavesdropper may read them. Where
#   nothing is set, Go's defaults are good.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-013
#   severity: medium
#   scope: node
#   requires: [k8s.kubelet.authentication]
#   reads: [k8s.kubelet.tlsCipherSuites, k8s.kubelet.tlsMinVersion]
#   params:
#     allowed:
#       type: array
#       items: string
#       default:
#         - TLS_AES_128_GCM_SHA256
#         - TLS_AES_256_GCM_SHA384
#         - TLS_CHACHA20_POLY1305_SHA256
#         - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
#         - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
#         - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
#         - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#         - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
#         - TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
#       description: TLS cipher suites that a kubelet may offer, by their names in Go; shorten it if your standard is stricter.
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.12}
#     - {framework: nist-800-53, id: SC-8}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     tlsMinVersion: VersionTLS12
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_ciphers_strong

import data.eidos.lib.findings

ciphers := object.get(input.k8s.kubelet, "tlsCipherSuites", [])

weak contains cipher if {
	is_array(ciphers)
	some cipher in ciphers
	not cipher in data.params.allowed
}

deny contains findings.unreadable("k8s.kubelet.tlsCipherSuites", ciphers, "a list of ciphers") if not is_array(ciphers)

deny contains finding if {
	count(weak) > 0
	finding := {
		"msg": sprintf("The kubelet offers %v.", [concat(", ", [sprintf("%v", [cipher]) | some cipher in weak])]),
		"path": "k8s.kubelet.tlsCipherSuites",
		"actual": concat(", ", [sprintf("%v", [cipher]) | some cipher in weak]),
		"expected": concat(", ", data.params.allowed),
	}
}

version := object.get(input.k8s.kubelet, "tlsMinVersion", "VersionTLS12")

deny contains finding if {
	not version in {"VersionTLS12", "VersionTLS13"}
	finding := {
		"msg": sprintf("The kubelet speaks %v, expected VersionTLS12 or newer.", [version]),
		"path": "k8s.kubelet.tlsMinVersion",
		"actual": version,
		"expected": "VersionTLS12",
	}
}
