# METADATA
# title: Health checks have a DCGM to ask and know who brought the driver
# description: |
#   NVSentinel asks the DCGM service of the GPU Operator, which the chart leaves off. It also must know
#   whether the driver comes in a pod that it can watch or from the host, and which runtime class sees GPUs;
#   a second exporter takes the same profiling counters.
# related_resources:
#   - ref: https://github.com/NVIDIA/NVSentinel
# custom:
#   id: BOP-017
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Set dcgm.enabled=true in the GPU Operator. In NVSentinel set labeler.assumeDriverInstalled=true exactly where no pod
#     brings the driver, and metadata-collector.runtimeClassName to operator.runtimeClass. Leave the chart dcgm-exporter out.
package eidos.bundle_operators.health_seen

import data.eidos.lib.booleans
import data.eidos.lib.bundles

operator := "gpu-operator"

sentinel := "nvsentinel"

applicable if bundles.has(input.bundle, operator)

watched if bundles.has(input.bundle, sentinel)

deny contains {
	"msg": "NVSentinel is in the bundle and DCGM is not on, so that it sees no GPU fault.",
	"path": bundles.path(operator, ["dcgm", "enabled"]),
	"actual": bundles.value(input.bundle, operator, ["dcgm", "enabled"], false),
	"expected": true,
} if {
	watched
	not booleans.yes(bundles.value(input.bundle, operator, ["dcgm", "enabled"], false))
}

assumed := bundles.value(input.bundle, sentinel, ["labeler", "assumeDriverInstalled"], false)

host_driver if bundles.value(input.bundle, operator, ["driver", "enabled"], true) == false

# On GKE the driver of the host comes in a pod of Google's installer, which NVSentinel sees, unless it comes
# with GKE's own device plugin.
installer_pod if {
	bundles.service(input.bundle) == "gke"
	not booleans.no(bundles.value(input.bundle, operator, ["devicePlugin", "enabled"], true))
}

no_driver_pod if {
	host_driver
	not installer_pod
}

wanted if no_driver_pod

wanted := false if not no_driver_pod

deny contains {
	"msg": sprintf("NVSentinel is told assumeDriverInstalled=%v, and the GPU Operator's driver.enabled and devicePlugin.enabled say otherwise.", [json.marshal(assumed)]),
	"path": bundles.path(sentinel, ["labeler", "assumeDriverInstalled"]),
	"actual": assumed,
	"expected": wanted,
} if {
	watched
	assumed != wanted
}

runtime_class := bundles.value(input.bundle, operator, ["operator", "runtimeClass"], "nvidia")

collector_class := bundles.value(input.bundle, sentinel, ["metadata-collector", "runtimeClassName"], "nvidia")

deny contains {
	"msg": sprintf("NVSentinel's metadata collector runs under the runtime class %v, and the GPU Operator's is %v.", [json.marshal(collector_class), json.marshal(runtime_class)]),
	"path": bundles.path(sentinel, ["metadata-collector", "runtimeClassName"]),
	"actual": collector_class,
	"expected": runtime_class,
} if {
	watched
	collector_class != runtime_class
}

deny contains {
	"msg": "A second DCGM exporter takes the profiling counters of the GPU Operator's.",
	"path": bundles.path("dcgm-exporter", ["enabled"]),
	"actual": "dcgm-exporter",
	"expected": "one exporter",
} if {
	bundles.has(input.bundle, "dcgm-exporter")
	not booleans.no(bundles.value(input.bundle, operator, ["dcgmExporter", "enabled"], true))
}
