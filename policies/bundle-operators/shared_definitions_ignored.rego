# METADATA
# title: Argo CD leaves the definition that two charts share alone
# description: |
#   GPU Operator v26.7.0 and the DRA driver both bring the definition of ComputeDomain, in different shapes:
#   two applications that heal themselves rewrite it for ever. The operator's application ignores the
#   difference, or moves to v26.7.1.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/issues/2546
#   - ref: https://github.com/NVIDIA/aicr/issues/2715
# custom:
#   id: BOP-013
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Add ignoreDifferences on CustomResourceDefinition computedomains.resource.nvidia.com and RespectIgnoreDifferences=true
#     to the application of the GPU Operator; eidos bundle --deployer argocd does.
package eidos.bundle_operators.shared_definitions_ignored

import data.eidos.lib.bundles

applicable if {
	bundles.has(input.bundle, "nvidia-dra-driver-gpu")
	input.bundle.components["gpu-operator"].version in {"v26.7.0", "26.7.0"}
	count(applications) > 0
}

applications := [entry |
	some place, entry in input.bundle.deployment
	entry.object.kind == "Application"
	entry.object.metadata.name == "gpu-operator"
]

ignores(application) if {
	some difference in application.spec.ignoreDifferences
	difference.kind == "CustomResourceDefinition"
	difference.name == "computedomains.resource.nvidia.com"
	"RespectIgnoreDifferences=true" in application.spec.syncPolicy.syncOptions
}

deny contains {
	"msg": "The application gpu-operator and the DRA driver's rewrite the definition of ComputeDomain for ever.",
	"path": sprintf("bundle.deployment[%v]", [json.marshal(entry.path)]),
	"actual": object.get(object.get(entry.object, "spec", {}), "ignoreDifferences", []),
	"expected": "ignoreDifferences on computedomains.resource.nvidia.com, and RespectIgnoreDifferences=true",
} if {
	some entry in applications
	not ignores(entry.object)
}
