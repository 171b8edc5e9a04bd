# METADATA
# title: Prometheus keeps its data
# description: |
#   On a managed service Prometheus gets a volume: without one a restart loses every sample. emptyDir must be
#   null beside a claim, or the chart renders both. The recipe names no class; the class is given when a
#   bundle is made, and then Prometheus needs a node selector, since the volume's zone strands it otherwise.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr
# custom:
#   id: BOP-010
#   severity: medium
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: AU-4}
#   remediation: |
#     Set prometheus.prometheusSpec.storageSpec to {emptyDir: null, volumeClaimTemplate: ...}, and give system nodes with
#     systemSelector of the inputs where a class is given.
package eidos.bundle_operators.monitoring_storage

import data.eidos.lib.bundles

stack := "kube-prometheus-stack"

base := ["prometheus", "prometheusSpec"]

applicable if {
	bundles.has(input.bundle, stack)
	bundles.managed(input.bundle)
}

storage := bundles.value(input.bundle, stack, array.concat(base, ["storageSpec"]), {})

claim := bundles.value(input.bundle, stack, array.concat(base, ["storageSpec", "volumeClaimTemplate", "spec"]), {})

class := bundles.value(input.bundle, stack, array.concat(base, ["storageSpec", "volumeClaimTemplate", "spec", "storageClassName"]), "")

selector := bundles.value(input.bundle, stack, array.concat(base, ["nodeSelector"]), {})

deny contains {
	"msg": "Prometheus has no volume, and a restart loses every sample.",
	"path": bundles.path(stack, array.concat(base, ["storageSpec"])),
	"actual": storage,
	"expected": "a volumeClaimTemplate that requests storage",
} if {
	not requests_storage
}

requests_storage if is_string(claim.resources.requests.storage)

deny contains {
	"msg": "Prometheus has an emptyDir beside its claim.",
	"path": bundles.path(stack, array.concat(base, ["storageSpec", "emptyDir"])),
	"actual": storage.emptyDir,
	"expected": null,
} if {
	storage.emptyDir != null
}

deny contains {
	"msg": sprintf("Prometheus has a volume of class %v and no node selector, so that its zone may have no node for it.", [json.marshal(class)]),
	"path": bundles.path(stack, array.concat(base, ["nodeSelector"])),
	"actual": selector,
	"expected": "labels of the system nodes",
} if {
	class != ""
	selector == {}
}
