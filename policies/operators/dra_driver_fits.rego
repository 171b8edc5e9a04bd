# METADATA
# title: The DRA driver finds what it needs and shares no GPU with the device plugin
# description: |
#   The DRA driver needs Kubernetes 1.32, a GPU driver of 570.158.01 for ComputeDomains, and CDI. GPUs
#   must be allocated by it or by the device plugin, never by both; ComputeDomains may run next to the
#   device plugin. A snapshot shows that both run, not whether the DRA driver allocates GPUs, so that
#   warns until params.compute_domains_only says that it does not.
# related_resources:
#   - ref: https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu
#     description: NVIDIA DRA driver for GPUs
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/dra-intro-install.html
#     description: The DRA driver with the GPU Operator
# custom:
#   id: OPR-015
#   severity: high
#   scope: node
#   requires: [k8s.image, k8s.server.version, k8s.policy, gpu.smi]
#   params:
#     images:
#       type: array
#       items: string
#       default: [dra-driver, dra-driver-nvidia-gpu, k8s-dra-driver-gpu, nvidia-dra-driver-gpu]
#       description: Image names, without registry and tag, by which the DRA driver is found; add the name of your mirror's copy.
#     kubernetes:
#       type: string
#       format: version
#       default: "1.32"
#       description: Oldest Kubernetes release that the DRA driver works with; raise it with newer DRA drivers.
#     driver:
#       type: string
#       format: version
#       default: 570.158.01
#       description: Oldest GPU driver version that ComputeDomains work with; raise it with newer DRA drivers.
#     compute_domains_only:
#       type: boolean
#       default: false
#       description: Whether the DRA driver serves ComputeDomains alone and allocates no GPUs; set it to true only if it was installed so.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/dra-intro-install}
#   remediation: |
#     Upgrade what the finding names; switch CDI on with cdi.enabled=true in the GPU Operator's values. Let one of
#     the two allocate GPUs. To keep the device plugin, set compute_domains_only of OPR-015 to true and install the
#     DRA driver with resources.gpus.enabled=false. To allocate by DRA, set devicePlugin.enabled=false in the GPU
#     Operator's values.
package eidos.operators.dra_driver_fits

import data.eidos.lib.cluster_policies
import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.quantities
import data.eidos.lib.versions

policy := input.k8s.policy

server := input.k8s.server.version

driver := object.get(input.gpu.smi, "driver", null)

applicable if {
	images.runs(input.k8s.image, data.params.images)
	quantities.number(input.gpu.smi["gpu-count"]) > 0
}

deny contains older("Kubernetes", "k8s.server.version", server, data.params.kubernetes) if {
	versions.older(server, data.params.kubernetes)
}

deny contains older("The GPU driver", "gpu.smi.driver", driver, data.params.driver) if {
	versions.older(driver, data.params.driver)
}

deny contains findings.unreadable("k8s.server.version", server, "a version") if not versions.readable(server)

deny contains findings.unreadable("gpu.smi.driver", driver, "a version") if not versions.readable(driver)

deny contains finding if {
	cluster_policies.present(policy)
	not cdi_on
	shown := policy["cdi.enabled"]
	finding := {
		"msg": sprintf("The DRA driver runs, but cdi.enabled is %v, expected true.", [findings.quoted(shown)]),
		"path": cluster_policies.path("cdi.enabled"),
		"actual": shown,
		"expected": "true",
	}
}

cdi_on if cluster_policies.switched(policy, "cdi.enabled", true) == true

device_plugin_off if cluster_policies.switched(policy, "devicePlugin.enabled", true) == false

warn contains finding if {
	data.params.compute_domains_only == false
	cluster_policies.present(policy)
	not device_plugin_off
	finding := {
		"msg": "The DRA driver and the device plugin both run, expected only one of them to allocate GPUs.",
		"path": cluster_policies.path("devicePlugin.enabled"),
		"actual": object.get(policy, "devicePlugin.enabled", "true by default"),
		"expected": "resources.gpus.enabled=false in the DRA driver, or devicePlugin.enabled=false",
	}
}

older(what, path, actual, floor) := {
	"msg": sprintf("%v is %v, expected %v or newer for the DRA driver.", [what, actual, floor]),
	"path": path,
	"actual": actual,
	"expected": sprintf(">= %v", [floor]),
}
