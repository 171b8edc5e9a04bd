# METADATA
# title: Idle sessions in pods are closed
# description: |
#   With streamingConnectionIdleTimeout at 0 every forgotten kubectl exec and port-forward stays open for
#   ever: each is a way into a pod for whoever finds the terminal, and uses memory of the kubelet.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark
# custom:
#   id: K8S-030
#   severity: low
#   scope: node
#   requires: [k8s.kubelet.streamingConnectionIdleTimeout]
#   tags: [kubelet]
#   controls:
#     - {framework: cis-kubernetes, id: 4.2.5}
#     - {framework: nist-800-53, id: SC-10}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     streamingConnectionIdleTimeout: 4h
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_idle_streams_end

timeout := input.k8s.kubelet.streamingConnectionIdleTimeout

deny contains finding if {
	not ends
	finding := {
		"msg": sprintf("Idle sessions end after %v, which is never.", [timeout]),
		"path": "k8s.kubelet.streamingConnectionIdleTimeout",
		"actual": timeout,
		"expected": "more than 0s",
	}
}

# Of a duration, `4h0m0s`, some number is not 0.
ends if {
	is_string(timeout)
	regex.match(`^[0-9hms.]*[1-9][0-9hms.]*$`, timeout)
}
