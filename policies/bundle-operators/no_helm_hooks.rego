# METADATA
# title: Long-lived resources are no hooks
# description: |
#   Helm deletes a hook before it makes it anew: a NicClusterPolicy or a tuning resource that is a hook is
#   torn down, with the drivers it stands for, on every upgrade. Under Flux a hook that was disabled stays
#   behind for ever.
# related_resources:
#   - ref: https://helm.sh/docs/topics/charts_hooks/
# custom:
#   id: BOP-008
#   severity: critical
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Remove the annotations helm.sh/hook and argocd.argoproj.io/hook; apply says when a resource is applied.
package eidos.bundle_operators.no_helm_hooks

import data.eidos.lib.bundles

hooks := {"helm.sh/hook", "argocd.argoproj.io/hook"}

deny contains {
	"msg": sprintf("%v is a hook by its annotation %v, and would be deleted on every upgrade.", [bundles.named(entry), annotation]),
	"path": sprintf("%v.metadata.annotations[%v]", [bundles.object_path(entry), json.marshal(annotation)]),
	"actual": value,
	"expected": "no hook",
} if {
	some entry in bundles.objects(input.bundle)
	not entry.object.kind in {"Job", "Pod"}
	annotations := entry.object.metadata.annotations
	is_object(annotations)
	some annotation, value in annotations
	annotation in hooks
}
