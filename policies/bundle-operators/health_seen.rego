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
#     Set dcgm.enabled=true in the GPU Operator; in NVSentinel labeler.assumeDriverInstalled=true exactly where the host
#     owns the driver; leave the chart dcgm-exporter out.
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

host_driver := bundles.value(input.bundle, operator, ["driver", "enabled"], true) == false

assumed := bundles.value(input.bundle, sentinel, ["labeler", "assumeDriverInstalled"], false)

# On GKE an installer pod of the service may bring the driver, which NVSentinel sees.
deny contains {
	"msg": sprintf("NVSentinel is told assumeDriverInstalled=%v, and driver.enabled of the GPU Operator says otherwise.", [json.marshal(assumed)]),
	"path": bundles.path(sentinel, ["labeler", "assumeDriverInstalled"]),
	"actual": assumed,
	"expected": host_driver,
} if {
	watched
	assumed != host_driver
	not bundles.service(input.bundle) == "gke"
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
