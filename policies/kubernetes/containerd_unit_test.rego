package eidos.kubernetes.containerd_unit_test

import data.eidos.kubernetes.containerd_unit as rule

good := {
	"LoadState": "loaded",
	"Delegate": true,
	"KillMode": "process",
	"TasksMax": 18446744073709551615,
	"OOMScoreAdjust": "-999",
}

facts(name, change) := {
	"systemd": {"containerd.service": object.union(good, change)},
	"k8s": {"node": {"container-runtime-name": name}},
}

denied(change) := findings if findings := rule.deny with input as facts("containerd", change)

test_own_unit_passes if count(denied({})) == 0

test_text_passes if {
	count(denied({"Delegate": "yes", "TasksMax": "infinity", "OOMScoreAdjust": -1000})) == 0
}

test_each_property_fails if {
	some finding in denied({"KillMode": "control-group"})
	finding.msg == `KillMode of containerd.service is "control-group" instead of process.`
	finding.path == `systemd["containerd.service"].KillMode`
	count(denied({"Delegate": false})) == 1
	count(denied({"TasksMax": 629145})) == 1
	count(denied({"OOMScoreAdjust": "0"})) == 1
}

test_absent_properties_fail if {
	findings := rule.deny with input as {"systemd": {"containerd.service": {}}}
	count(findings) == 4
}

test_odd_types_fail if {
	count(denied({"Delegate": null})) == 1
	count(denied({"OOMScoreAdjust": []})) == 1
}

test_applicable_where_containerd_is_a_unit if {
	rule.applicable with input as facts("containerd", {})
	not rule.applicable with input as facts("cri-o", {})
	not rule.applicable with input as facts("containerd", {"LoadState": "not-found"})
}
