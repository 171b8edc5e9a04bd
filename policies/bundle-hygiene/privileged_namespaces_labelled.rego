# METADATA
# title: Namespaces of privileged pods say so
# description: |
#   Where pod security is enforced, pods of drivers, plugins and node agents are refused unless their
#   namespace carries the label privileged. The label also tells a reader where such pods run.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-admission/
# custom:
#   id: BHY-006
#   severity: high
#   scope: bundle
#   params:
#     privileged:
#       type: array
#       items: string
#       default: [gpu-operator, network-operator, node-feature-discovery, nodewright-operator, nodewright-customizations, nvidia-dra-driver-gpu, nvsentinel, kube-prometheus-stack, nsight-operator, local-path-provisioner, rook-ceph, rook-ceph-cluster, topolvm]
#       description: Components whose pods mount the host's files or use its devices; add components of your own.
#   controls:
#     - {framework: cis-kubernetes, id: 5.2.1}
#   remediation: |
#     Give the namespace pod-security.kubernetes.io/enforce=privileged; the bundler of the component does:
#     kubectl label namespace gpu-operator pod-security.kubernetes.io/enforce=privileged
package eidos.bundle_hygiene.privileged_namespaces_labelled

label := "pod-security.kubernetes.io/enforce"

enforced(namespace) if {
	some _, component in input.bundle.components
	component.namespace == namespace
	component.namespaceLabels[label] == "privileged"
}

deny contains {
	"msg": sprintf("%v runs privileged pods, and its namespace %v is not labelled so.", [name, component.namespace]),
	"path": sprintf("bundle.components[%v].namespaceLabels", [json.marshal(name)]),
	"actual": object.get(component, "namespaceLabels", {}),
	"expected": sprintf("%v=privileged", [label]),
} if {
	some name, component in input.bundle.components
	name in data.params.privileged
	component.namespace != "kube-system"
	not enforced(component.namespace)
}
