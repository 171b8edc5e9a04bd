# METADATA
# title: The GSP firmware is the driver's own
# description: |
#   Driver and GSP firmware are released together and speak a private protocol. A different firmware version
#   means that a package was installed only in part, or that the driver was replaced without a reset. Not
#   judged where the GSP is off.
# related_resources:
#   - ref: https://download.nvidia.com/XFree86/Linux-x86_64/580.82.07/README/gsp.html
#     description: Driver README, GSP firmware
# custom:
#   id: GPU-012
#   severity: medium
#   scope: node
#   requires: [gpu.smi.driver, gpu.smi.gpu.gsp-firmware-version]
#   controls:
#     - {framework: nvidia-docs, id: gsp-firmware}
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Drain the node:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Where the host owns the driver, install driver and firmware packages of one version and reboot. With a driver
#     container, delete the node's driver pod, which installs both again:
#     kubectl -n gpu-operator delete pod -l app=nvidia-driver-daemonset --field-selector spec.nodeName=NODE
package eidos.gpu.gsp_firmware_matches_driver

import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

firmware := input.gpu.smi["gpu.gsp-firmware-version"]

path := `gpu.smi["gpu.gsp-firmware-version"]`

applicable if not firmware in {"N/A", "Not Supported", ""}

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains findings.unreadable(path, firmware, "a firmware version") if not versions.readable(firmware)

deny contains finding if {
	versions.key(firmware) != versions.key(driver)
	finding := {
		"msg": sprintf("GSP firmware %v does not match driver %v.", [firmware, driver]),
		"path": path,
		"actual": firmware,
		"expected": driver,
	}
}
