# METADATA
# title: The driver's branch is still supported
# description: |
#   A branch past its end of life gets no more fixes, whatever is found in it. Long-term branches last
#   three years, production branches one, new feature branches until the next.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/tesla/drivers/supported-drivers-and-cuda-toolkit-versions.html
#     description: Supported drivers by branch
#   - ref: https://endoflife.date/nvidia-driver
#     description: End of life of each branch
# custom:
#   id: GPU-002
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver]
#   tables: [driver_branches]
#   params:
#     unlisted_branch:
#       type: string
#       default: fail
#       values: [fail, warn, ignore]
#       description: "What happens on a driver branch that the table does not list: fail, warn, or ignore (not judged); relax it only while you wait for a newer table."
#     warn_days:
#       type: integer
#       default: 90
#       minimum: 0
#       maximum: 3650
#       description: Days before the end of support from which the rule warns; raise it if an upgrade takes you longer to plan.
#   controls:
#     - {framework: nist-800-53, id: SA-22}
#     - {framework: nvidia-docs, id: driver-lifecycle}
#   remediation: |
#     Move to R580, the long-term branch (supported until June 2028), or to the current production branch, and
#     let the operator roll the nodes:
#     kubectl patch clusterpolicy cluster-policy --type merge -p '{"spec":{"driver":{"version":"580.159.03"}}}'
#     Set driver.version in the chart's values too, or its next upgrade or sync undoes it.
#     Where the host owns the driver, replace the node image instead.
package eidos.gpu.driver_branch_supported

import data.eidos.lib.dates
import data.eidos.lib.findings
import data.eidos.lib.versions

driver := input.gpu.smi.driver

branch := versions.branch(driver)

listed := data.tables.driver_branches.branches[branch]

# What a site chose to ignore was not judged, so it did not pass.
applicable if not ignored

ignored if {
	data.params.unlisted_branch == "ignore"
	versions.readable(driver)
	not listed
}

deny contains findings.unreadable("gpu.smi.driver", driver, "a driver version") if not versions.readable(driver)

deny contains finding(sprintf("Driver %v is of branch R%v, which has ended.", [driver, branch])) if listed.end == "ended"

deny contains finding(sprintf("Driver %v is of branch R%v, which ended on %v.", [driver, branch, listed.end])) if {
	dates.over(listed.end)
}

deny contains unlisted if data.params.unlisted_branch == "fail"

warn contains unlisted if data.params.unlisted_branch == "warn"

warn contains finding(sprintf("Driver %v is of branch R%v, which ends on %v, in %v days.", [driver, branch, listed.end, left])) if {
	left := dates.days_until(listed.end)
	left >= 0
	left <= data.params.warn_days
}

unlisted := finding(sprintf("Driver %v is of branch R%v, whose support is not known.", [driver, branch])) if not listed

finding(msg) := {
	"msg": msg,
	"path": "gpu.smi.driver",
	"actual": driver,
	"expected": sprintf("one of the supported branches %v", [concat(", ", supported)]),
}

supported := sort([name | some name, entry in data.tables.driver_branches.branches; dates.days_until(entry.end) >= 0])
