# METADATA
# title: Only administrators read performance counters
# description: |
#   Performance counters let one tenant learn what another does on the same GPU (CVE-2018-6260). By default
#   only administrators may profile; NVreg_RestrictProfilingToAdminUsers=0 lets everybody.
# related_resources:
#   - ref: https://developer.nvidia.com/nvidia-development-tools-solutions-err_nvgpuctrperm-permission-issue-performance-counters
#     description: Permission issue with performance counters
# custom:
#   id: GPU-017
#   severity: medium
#   scope: node
#   requires: [gpu.driver-params.RmProfilingAdminOnly]
#   tags: [tenancy]
#   controls:
#     - {framework: nvidia-bulletin, id: "4738"}
#     - {framework: nist-800-53, id: AC-6}
#     - {framework: nist-800-53, id: SC-39}
#   remediation: |
#     Remove the option where it is set:
#     grep -rn RestrictProfilingToAdminUsers /etc/modprobe.d
#     With a driver container it stands in the ConfigMap that driver.kernelModuleConfig.name names. Load the driver again: drain
#     the node and restart it. Where developers profile on nodes of their own, exclude the rule there by name.
package eidos.gpu.profiling_for_administrators

import data.eidos.lib.quantities

value := input.gpu["driver-params"].RmProfilingAdminOnly

deny contains finding if {
	not limited
	finding := {
		"msg": sprintf("Everybody may profile: RmProfilingAdminOnly is %v, expected 1.", [value]),
		"path": "gpu.driver-params.RmProfilingAdminOnly",
		"actual": value,
		"expected": 1,
	}
}

limited if quantities.number(value) == 1
