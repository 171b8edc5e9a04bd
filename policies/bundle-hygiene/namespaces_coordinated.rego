# METADATA
# title: Every object is in a namespace of its bundle
# description: |
#   An object in a namespace that nobody creates cannot be applied; one in another team's namespace is a
#   surprise. Components that share a namespace must give it the same labels, or the last one wins.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   id: BHY-005
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Write the component's namespace into metadata of the resource, or none; give components in one namespace the same labels.
package eidos.bundle_hygiene.namespaces_coordinated

import data.eidos.lib.bundles
import data.eidos.lib.findings

namespaces := {component.namespace | some _, component in input.bundle.components} | {"kube-system", "default"}

made := {entry.object.metadata.name | some entry in bundles.of_kind(input.bundle, "", "Namespace")}

deny contains {
	"msg": sprintf("%v is in the namespace %v, which nothing of the bundle makes.", [bundles.named(entry), findings.quoted(found)]),
	"path": sprintf("%v.metadata.namespace", [bundles.object_path(entry)]),
	"actual": found,
	"expected": "a namespace of the bundle",
} if {
	some entry in bundles.objects(input.bundle)
	found := entry.object.metadata.namespace
	not found in (namespaces | made)
}

deny contains {
	"msg": sprintf("%v goes to the namespace %v.", [name, component.namespace]),
	"path": sprintf("bundle.components[%v].namespace", [json.marshal(name)]),
	"actual": component.namespace,
	"expected": "a namespace of its own",
} if {
	some name, component in input.bundle.components
	component.namespace in {"default", "", "kube-public", "kube-node-lease"}
}

deny contains {
	"msg": sprintf("%v and %v want the label %v of the namespace %v to differ.", [one, other, label, first.namespace]),
	"path": sprintf("bundle.components[%v].namespaceLabels", [json.marshal(other)]),
	"actual": second.namespaceLabels[label],
	"expected": value,
} if {
	some one, first in input.bundle.components
	some label, value in object.get(first, "namespaceLabels", {})
	some other, second in input.bundle.components
	one < other
	first.namespace == second.namespace
	second.namespaceLabels[label] != value
}
