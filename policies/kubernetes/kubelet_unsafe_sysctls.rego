# METADATA
# title: Pods cannot change kernel settings that affect others
# description: |
#   A pod may set kernel settings that are namespaced and safe. allowedUnsafeSysctls also lets it set some
#   that affect other pods or the node itself: kernel.msg*, net.core.somaxconn. Tune the node instead, where
#   everybody sees it.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
#     description: KubeletConfiguration
#   - ref: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
#     description: Using sysctls in a cluster
# custom:
#   id: K8S-032
#   severity: medium
#   scope: node
#   requires: [k8s.kubelet.authentication]
#   reads: [k8s.kubelet.allowedUnsafeSysctls]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: []
#       description: Unsafe sysctls that kubelets may allow to pods; a final * stands for any ending. Add one only if a workload needs it.
#   tags: [kubelet]
#   controls:
#     - {framework: nist-800-53, id: CM-7}
#   remediation: |
#     Set it in the file that the kubelet is started with (--config, most often /var/lib/kubelet/config.yaml), and in
#     the template of the node group, so that new nodes have it too:
#     allowedUnsafeSysctls: []
#     Restart the kubelet; pods go on running:
#     systemctl restart kubelet
package eidos.kubernetes.kubelet_unsafe_sysctls

import data.eidos.lib.findings
import data.eidos.lib.grants

path := "k8s.kubelet.allowedUnsafeSysctls"

deny contains findings.unreadable(path, allowed, "a list of settings") if not is_array(allowed)

allowed := object.get(input.k8s.kubelet, "allowedUnsafeSysctls", [])

unlisted contains setting if {
	is_array(allowed)
	some setting in allowed
	not grants.named(setting, data.params.allowed)
}

deny contains finding if {
	count(unlisted) > 0
	finding := {
		"msg": sprintf("Pods may set %v.", [concat(", ", [sprintf("%v", [setting]) | some setting in unlisted])]),
		"path": path,
		"actual": concat(", ", [sprintf("%v", [setting]) | some setting in unlisted]),
		"expected": "none but those of the parameter",
	}
}
