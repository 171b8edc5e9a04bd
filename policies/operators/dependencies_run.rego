# METADATA
# title: What KServe and NVSentinel depend on runs
# description: |
#   Both get the certificates of their webhooks from cert-manager; without it their pods wait for a
#   secret that never comes. NVSentinel asks for cert-manager 1.19 or newer since it is public; older
#   internal builds may do with less, so an older cert-manager warns. Gateway API and LeaderWorkerSet
#   leave no trace in today's snapshots and are not judged.
# related_resources:
#   - ref: https://kserve.github.io/website/docs/admin-guide/overview
#     description: KServe, installation requirements
#   - ref: https://github.com/NVIDIA/NVSentinel
#     description: NVSentinel, prerequisites
# custom:
#   id: OPR-016
#   severity: medium
#   scope: cluster
#   requires: [k8s.image]
#   params:
#     kserve:
#       type: array
#       items: string
#       default: [kserve-controller, llmisvc-controller, kserve-localmodel-controller]
#       description: Image names, without registry and tag, by which KServe is found; add the name of your mirror's copy.
#     cert_manager_for_nvsentinel:
#       type: string
#       format: version
#       default: "1.19"
#       description: Oldest cert-manager version that NVSentinel works with; raise it with newer NVSentinel releases.
#   controls:
#     - {framework: nvidia-docs, id: nvsentinel/prerequisites}
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Install cert-manager; an older one is upgraded line by line, to the last with:
#     helm upgrade --install cert-manager oci://quay.io/jetstack/charts/cert-manager --version v1.21.1 -n cert-manager --create-namespace --set crds.enabled=true
#     Restart the pods that wait for it, once it runs:
#     kubectl get pods -n cert-manager
package eidos.operators.dependencies_run

import data.eidos.lib.components
import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.versions

dependents contains "KServe" if images.runs(input.k8s.image, data.params.kserve)

dependents contains "NVSentinel" if components.nvsentinel(input.k8s.image)

applicable if count(dependents) > 0

cert_managers := images.named(input.k8s.image, "cert-manager-controller")

unknown contains images.untold(input.k8s.image, ["cert-manager-controller"])

deny contains finding if {
	count(cert_managers) == 0
	images.whole(input.k8s.image)
	some dependent in dependents
	finding := {
		"msg": sprintf("%v runs without cert-manager, expected cert-manager-controller to run.", [dependent]),
		"path": "k8s.image",
		"actual": "absent",
		"expected": "cert-manager-controller",
	}
}

warn contains finding if {
	"NVSentinel" in dependents
	some image in cert_managers
	versions.older(image.tag, data.params.cert_manager_for_nvsentinel)
	finding := {
		"msg": sprintf("NVSentinel runs with cert-manager %v, expected %v or newer.", [image.tag, data.params.cert_manager_for_nvsentinel]),
		"path": images.path(image),
		"actual": image.tag,
		"expected": sprintf(">= %v", [data.params.cert_manager_for_nvsentinel]),
	}
}

deny contains findings.unreadable(images.path(image), object.get(image, "tag", null), "a version") if {
	"NVSentinel" in dependents
	some image in cert_managers
	not versioned(image)
}

versioned(image) if versions.readable(image.tag)
