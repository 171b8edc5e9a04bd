# METADATA
# title: The driver is the one that the fleet runs
# description: One driver on every node keeps images and bug reports comparable.
# custom:
#   id: ACME-001
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver]
#   params:
#     driver: {default: "580.159.03", type: string, description: The driver of the fleet.}
#   remediation: Set driver.version in the ClusterPolicy to the driver of the fleet.
package acme.driver_of_the_fleet

deny contains finding if {
	input.gpu.smi.driver != data.params.driver
	finding := {
		"msg": sprintf("Driver %v is not the fleet's, %v.", [input.gpu.smi.driver, data.params.driver]),
		"path": "gpu.smi.driver",
		"actual": input.gpu.smi.driver,
		"expected": data.params.driver,
	}
}
