# METADATA
# title: The fabric manager runs where it is installed
# description: |
#   On HGX and DGX boards with NVSwitch CUDA starts only after the fabric manager has made the fabric. Where
#   it is a service of the host and has ended, every job fails with error 802. With a driver container it
#   runs there, and the rule does not apply.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html
#     description: Fabric Manager user guide
# custom:
#   id: GPU-014
#   severity: high
#   scope: node
#   requires:
#     - 'systemd["nvidia-fabricmanager.service"].LoadState'
#     - 'systemd["nvidia-fabricmanager.service"].ActiveState'
#   tags: [fabric]
#   controls:
#     - {framework: nvidia-docs, id: fabric-manager}
#     - {framework: nist-800-53, id: CP-10}
#   remediation: |
#     Read why it ended; a version that is not the driver's is the usual cause:
#     journalctl -u nvidia-fabricmanager -n 50 --no-pager
#     Install the version of the driver and start it:
#     systemctl enable --now nvidia-fabricmanager
package eidos.gpu.fabric_manager_runs

import data.eidos.lib.units

unit := input.systemd["nvidia-fabricmanager.service"]

applicable if units.loaded(unit)

deny contains finding if {
	unit.ActiveState != "active"
	finding := {
		"msg": sprintf("The fabric manager is %v, expected active.", [unit.ActiveState]),
		"path": units.path("nvidia-fabricmanager.service", "ActiveState"),
		"actual": unit.ActiveState,
		"expected": "active",
	}
}
