# METADATA
# title: Everything agrees on who owns the driver
# description: |
#   Driver, toolkit, driver directory and the root in which the DRA driver looks are one decision and must be
#   set together. Where the operator owns the driver, the DRA driver finds it only below the operator's
#   directory; where the host owns it, only below the host's. With / as the driver directory, runc refuses
#   every GPU container.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/issues/1087
#   - ref: https://github.com/NVIDIA/aicr/issues/1106
# custom:
#   id: BOP-001
#   severity: critical
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set all of them together. The operator owns the driver:
#     driver.enabled=true, hostPaths.driverInstallDir=/run/nvidia/driver, nvidiaDriverRoot=/run/nvidia/driver
#     The host owns it:
#     driver.enabled=false, nvidiaDriverRoot=/ (GKE: /home/kubernetes/bin/nvidia)
package eidos.bundle_operators.driver_owner_coherent

import data.eidos.lib.booleans
import data.eidos.lib.bundles
import data.eidos.lib.findings

operator := "gpu-operator"

dra := "nvidia-dra-driver-gpu"

applicable if bundles.has(input.bundle, operator)

enabled := bundles.value(input.bundle, operator, ["driver", "enabled"], true)

toolkit := bundles.value(input.bundle, operator, ["toolkit", "enabled"], true)

operators_dir := "/run/nvidia/driver"

install_dir := bundles.value(input.bundle, operator, ["hostPaths", "driverInstallDir"], operators_dir)

root := bundles.value(input.bundle, dra, ["nvidiaDriverRoot"], "/")

deny contains {
	"msg": "hostPaths.driverInstallDir is /, and no container can be mounted over its own root.",
	"path": bundles.path(operator, ["hostPaths", "driverInstallDir"]),
	"actual": install_dir,
	"expected": "/run/nvidia/driver",
} if {
	install_dir == "/"
}

deny contains findings.unreadable(bundles.path(operator, ["driver", "enabled"]), enabled, "true or false") if {
	not is_boolean(enabled)
}

deny contains {
	"msg": sprintf("The operator installs the driver below %v, but the DRA driver looks below %v.", [findings.quoted(install_dir), findings.quoted(root)]),
	"path": bundles.path(dra, ["nvidiaDriverRoot"]),
	"actual": root,
	"expected": install_dir,
} if {
	enabled == true
	bundles.has(input.bundle, dra)
	root != install_dir
}

deny contains {
	"msg": "The host owns the driver, but the DRA driver looks where only the operator would put one.",
	"path": bundles.path(dra, ["nvidiaDriverRoot"]),
	"actual": root,
	"expected": "the root of the host's driver, / on most images",
} if {
	enabled == false
	bundles.has(input.bundle, dra)
	root == operators_dir
}

# On Container-Optimized OS both name the directory into which the service installs the driver.
deny contains {
	"msg": sprintf("The host's driver is below %v, but the DRA driver looks below %v.", [findings.quoted(install_dir), findings.quoted(root)]),
	"path": bundles.path(dra, ["nvidiaDriverRoot"]),
	"actual": root,
	"expected": install_dir,
} if {
	enabled == false
	bundles.has(input.bundle, dra)
	not install_dir in {"/", operators_dir}
	not root in {install_dir, operators_dir}
}

warn contains {
	"msg": "The operator installs the driver and not the toolkit, so every image must bring a toolkit that knows this driver.",
	"path": bundles.path(operator, ["toolkit", "enabled"]),
	"actual": toolkit,
	"expected": true,
} if {
	enabled == true
	not booleans.yes(toolkit)
}
