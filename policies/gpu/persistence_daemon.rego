# METADATA
# title: GPUs stay initialised where the host owns the driver
# description: |
#   Without persistence the driver forgets a GPU when its last client ends: the next job starts seconds
#   later, and settings are lost. Inside a driver container the operator keeps the state, so this is asked
#   only where the host owns the driver.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/driver-persistence/index.html
#     description: NVIDIA driver persistence
# custom:
#   id: GPU-011
#   severity: low
#   scope: node
#   requires: [gpu.smi.gpu.persistence-mode, k8s.policy]
#   controls:
#     - {framework: nvidia-docs, id: driver-persistence}
#   remediation: |
#     Start the daemon, on the node and in its image:
#     systemctl enable --now nvidia-persistenced
#     Check that the answer is Enabled:
#     nvidia-smi --query-gpu=persistence_mode --format=csv
package eidos.gpu.persistence_daemon

import data.eidos.lib.booleans
import data.eidos.lib.cluster_policies
import data.eidos.lib.findings

applicable if not cluster_policies.runs(input.k8s.policy, "driver")

mode := input.gpu.smi["gpu.persistence-mode"]

path := `gpu.smi["gpu.persistence-mode"]`

deny contains findings.unreadable(path, mode, "Enabled or Disabled") if {
	not booleans.yes(mode)
	not booleans.no(mode)
}

deny contains finding if {
	booleans.no(mode)
	finding := {
		"msg": sprintf("Persistence mode is %v on a node whose host owns the driver.", [mode]),
		"path": path,
		"actual": mode,
		"expected": "Enabled",
	}
}
