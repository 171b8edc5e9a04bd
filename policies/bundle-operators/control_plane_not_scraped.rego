# METADATA
# title: Nothing scrapes a control plane that a service hides
# description: |
#   A managed service exposes no metrics of etcd, the scheduler, the controller manager or the proxy: those
#   targets, and the alerts about them, would be down for ever.
# related_resources:
#   - ref: https://github.com/prometheus-community/helm-charts/tree/main/charts/kube-prometheus-stack
# custom:
#   id: BOP-019
#   severity: low
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set kubeEtcd, kubeScheduler, kubeControllerManager and kubeProxy .enabled=false in kube-prometheus-stack.
package eidos.bundle_operators.control_plane_not_scraped

import data.eidos.lib.booleans
import data.eidos.lib.bundles

stack := "kube-prometheus-stack"

applicable if {
	bundles.has(input.bundle, stack)
	bundles.managed(input.bundle)
}

deny contains {
	"msg": sprintf("%v is scraped, and the service does not show it.", [part]),
	"path": bundles.path(stack, [part, "enabled"]),
	"actual": bundles.value(input.bundle, stack, [part, "enabled"], true),
	"expected": false,
} if {
	some part in ["kubeEtcd", "kubeScheduler", "kubeControllerManager", "kubeProxy"]
	not booleans.no(bundles.value(input.bundle, stack, [part, "enabled"], true))
}
