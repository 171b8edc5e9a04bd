# METADATA
# title: Prometheus finds the monitors of GPUs
# description: |
#   By default Prometheus takes only monitors that carry its release's label, and the GPU Operator's do not.
#   A ServiceMonitor called nvidia-dcgm-exporter that is not the operator's own is deleted by it.
# related_resources:
#   - ref: https://github.com/prometheus-community/helm-charts/tree/main/charts/kube-prometheus-stack
#   - ref: https://github.com/oracle-quickstart/oci-hpc-oke
# custom:
#   id: BOP-018
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Set serviceMonitorSelectorNilUsesHelmValues=false (and the same of podMonitor, rule, probe) in
#     prometheus.prometheusSpec, or monitoringLabels in the inputs; give own monitors other names.
package eidos.bundle_operators.monitors_found

import data.eidos.lib.booleans
import data.eidos.lib.bundles

stack := "kube-prometheus-stack"

chosen(what) := bundles.value(input.bundle, stack, ["prometheus", "prometheusSpec", sprintf("%vSelectorNilUsesHelmValues", [what])], true)

labelled if count(bundles.value(input.bundle, "gpu-operator", ["dcgmExporter", "serviceMonitor", "additionalLabels"], {})) > 0

deny contains {
	"msg": sprintf("Prometheus takes only what carries its release's label, and a %v of the GPU Operator does not.", [what]),
	"path": bundles.path(stack, ["prometheus", "prometheusSpec", sprintf("%vSelectorNilUsesHelmValues", [what])]),
	"actual": chosen(what),
	"expected": false,
} if {
	bundles.has(input.bundle, stack)
	bundles.has(input.bundle, "gpu-operator")
	not labelled
	some what in ["serviceMonitor", "rule"]
	not booleans.no(chosen(what))
}

deny contains {
	"msg": "The GPU Operator deletes a ServiceMonitor of this name.",
	"path": sprintf("%v.metadata.name", [bundles.object_path(entry)]),
	"actual": entry.object.metadata.name,
	"expected": "another name",
} if {
	some entry in bundles.of_kind(input.bundle, "monitoring.coreos.com", "ServiceMonitor")
	entry.object.metadata.name == "nvidia-dcgm-exporter"
}
