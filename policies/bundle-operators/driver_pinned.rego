# METADATA
# title: The driver's version is said, not the chart's
# description: |
#   Where the operator installs the driver, an upgrade of the chart changes the driver on every node unless
#   the version is set: the default of chart v26.7.0 is a different branch from the one known to work. A pin
#   that is not a version cannot be rolled out.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/pull/2439
# custom:
#   id: BOP-005
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set driver.version of the GPU Operator to a full version, such as 580.173.02; with precompiled drivers the branch.
package eidos.bundle_operators.driver_pinned

import data.eidos.lib.booleans
import data.eidos.lib.bundles
import data.eidos.lib.findings
import data.eidos.lib.versions

operator := "gpu-operator"

applicable if {
	bundles.has(input.bundle, operator)
	not booleans.no(bundles.value(input.bundle, operator, ["driver", "enabled"], true))
}

version := bundles.value(input.bundle, operator, ["driver", "version"], "")

path := bundles.path(operator, ["driver", "version"])

precompiled if booleans.yes(bundles.value(input.bundle, operator, ["driver", "usePrecompiled"], false))

per_pool if booleans.yes(bundles.value(input.bundle, operator, ["driver", "nvidiaDriverCRD", "enabled"], false))

deny contains {
	"msg": "driver.version is not set, so the next chart chooses another driver.",
	"path": path,
	"actual": version,
	"expected": "a version such as 580.173.02",
} if {
	version == ""
	not per_pool
}

deny contains findings.unreadable(path, version, "a version such as 580.173.02") if {
	version != ""
	not whole
}

whole if count(versions.numbers(version)) >= 2

whole if {
	precompiled
	versions.readable(version)
}
