# METADATA
# title: The driver is at or above the security floor of its branch
# description: |
#   NVIDIA fixes driver vulnerabilities per branch. Each branch has a lowest version in which every
#   published vulnerability is fixed; a branch that no longer gets fixes has none and must be left.
# related_resources:
#   - ref: https://nvidia.custhelp.com/app/answers/detail/a_id/5821
#     description: NVIDIA GPU Display Driver security bulletin, May 2026
#   - ref: https://github.com/NVIDIA/product-security
#     description: The bulletins as CSAF documents
# custom:
#   id: GPU-001
#   severity: critical
#   scope: node
#   requires: [gpu.smi.driver]
#   tables: [driver_floors]
#   params:
#     unlisted_branch:
#       type: string
#       default: fail
#       values: [fail, warn, ignore]
#       description: "What happens on a driver branch without a known security floor: fail, warn, or ignore (not judged); relax it only while you wait for a newer table."
#   controls:
#     - {framework: nvidia-bulletin, id: "5821"}
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-53, id: RA-5}
#     - {framework: nist-800-190, id: 4.5.3}
#   remediation: |
#     Set driver.version in the ClusterPolicy to the floor of the branch or newer (R580: 580.159.03,
#     R595: 595.71.05) and let the operator roll the nodes:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"version":"580.159.03"}}}'
#     Set driver.version in the chart's values too, or its next upgrade or sync undoes it.
#     Where the host owns the driver, install that version in the node image and replace the nodes.
package eidos.gpu.driver_security_floor

import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

floor := data.tables.driver_floors.floors[versions.branch(driver)]

# What a site chose to ignore was not judged, so it did not pass.
applicable if not ignored

ignored if {
	data.params.unlisted_branch == "ignore"
	versions.readable(driver)
	not floor
}

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains finding if {
	versions.older(driver, floor)
	finding := {
		"msg": sprintf("Driver %v is below %v, the security floor of branch R%v.", [driver, floor, versions.branch(driver)]),
		"path": "gpu.smi.driver",
		"actual": driver,
		"expected": sprintf(">= %v", [floor]),
	}
}

deny contains unlisted if data.params.unlisted_branch == "fail"

warn contains unlisted if data.params.unlisted_branch == "warn"

unlisted := {
	"msg": sprintf("Driver %v is of branch R%v, for which no security floor is known.", [driver, branch]),
	"path": "gpu.smi.driver",
	"actual": driver,
	"expected": sprintf("one of the branches %v", [concat(", ", sort(object.keys(data.tables.driver_floors.floors)))]),
} if {
	branch := versions.branch(driver)
	not floor
}
