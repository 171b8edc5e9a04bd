# METADATA
# title: The containerd unit lets containers live and survive
# description: |
#   Without Delegate systemd takes over the containers' cgroups; with another KillMode a restart of containerd
#   kills every pod; with a task limit big jobs cannot fork; without OOM protection the runtime dies before
#   the job that ate the memory.
# related_resources:
#   - ref: https://github.com/containerd/containerd/blob/main/containerd.service
#     description: containerd's own unit
#   - ref: https://systemd.io/CGROUP_DELEGATION/
#     description: systemd, cgroup delegation
# custom:
#   id: K8S-028
#   severity: medium
#   scope: node
#   requires: ['systemd["containerd.service"]', k8s.node.container-runtime-name]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#     - {framework: nist-800-190, id: 4.5.1}
#   remediation: |
#     Write a drop-in, on the node and in its image:
#     mkdir -p /etc/systemd/system/containerd.service.d && printf '[Service]\nDelegate=yes\nKillMode=process\nTasksMax=infinity\nOOMScoreAdjust=-999\n' > /etc/systemd/system/containerd.service.d/10-kubernetes.conf
#     Drain the node, then apply it:
#     systemctl daemon-reload && systemctl restart containerd
#     Check what is in force:
#     systemctl show containerd -p Delegate,KillMode,TasksMax,OOMScoreAdjust
package eidos.kubernetes.containerd_unit

import data.eidos.lib.booleans
import data.eidos.lib.findings
import data.eidos.lib.quantities
import data.eidos.lib.units

unit := input.systemd["containerd.service"]

applicable if {
	input.k8s.node["container-runtime-name"] == "containerd"
	units.loaded(unit)
}

expected := {"Delegate": "yes", "KillMode": "process", "TasksMax": "infinity", "OOMScoreAdjust": "-999 or lower"}

good("Delegate") if booleans.yes(unit.Delegate)

good("KillMode") if unit.KillMode == "process"

good("TasksMax") if units.infinite(unit.TasksMax)

good("OOMScoreAdjust") if quantities.number(unit.OOMScoreAdjust) <= -999

deny contains finding if {
	some property, wanted in expected
	not good(property)
	actual := object.get(unit, property, null)
	finding := {
		"msg": sprintf("%v of containerd.service is %v instead of %v.", [property, findings.quoted(actual), wanted]),
		"path": units.path("containerd.service", property),
		"actual": actual,
		"expected": wanted,
	}
}
