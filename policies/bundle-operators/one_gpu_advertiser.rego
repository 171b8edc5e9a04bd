# METADATA
# title: One component advertises the GPUs
# description: |
#   Two advertisers of nvidia.com/gpu hand out the same GPU twice: the operator's device plugin, a device
#   plugin of its own chart, and the DRA driver's whole GPUs exclude each other. With none of them, and none
#   of the service, no pod gets a GPU.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/issues/1327
#   - ref: https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu
# custom:
#   id: BOP-003
#   severity: critical
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Keep the device plugin of the GPU Operator, and turn whole GPUs off in the DRA driver:
#     resources.gpus.enabled=false and gpuResourcesEnabledOverride=false
#     On GKE with Google's plugin: devicePlugin.enabled=false.
package eidos.bundle_operators.one_gpu_advertiser

import data.eidos.lib.booleans
import data.eidos.lib.bundles

operator := "gpu-operator"

dra := "nvidia-dra-driver-gpu"

applicable if bundles.has(input.bundle, operator)

applicable if bundles.has(input.bundle, dra)

advertisers contains "the GPU Operator's device plugin" if {
	bundles.has(input.bundle, operator)
	not booleans.no(bundles.value(input.bundle, operator, ["devicePlugin", "enabled"], true))
}

advertisers contains "the chart nvidia-device-plugin" if bundles.has(input.bundle, "nvidia-device-plugin")

# The chart turns whole GPUs on, and then wants the override to be said.
advertisers contains "the DRA driver's whole GPUs" if {
	bundles.has(input.bundle, dra)
	not booleans.no(bundles.value(input.bundle, dra, ["resources", "gpus", "enabled"], true))
}

deny contains {
	"msg": sprintf("GPUs are advertised by %v.", [concat(" and by ", sort(advertisers))]),
	"path": bundles.path(dra, ["resources", "gpus", "enabled"]),
	"actual": count(advertisers),
	"expected": "one advertiser",
} if {
	count(advertisers) > 1
}

deny contains {
	"msg": "Nothing in the bundle advertises GPUs, and the service has no device plugin of its own.",
	"path": bundles.path(operator, ["devicePlugin", "enabled"]),
	"actual": 0,
	"expected": "one advertiser",
} if {
	count(advertisers) == 0
	not bundles.service(input.bundle) in {"gke", "eks"}
}
