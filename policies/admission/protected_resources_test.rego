package eidos.admission.protected_resources_test

import data.eidos.admission.protected_resources as rule

params := {
	"protected": ["nvidia.com/ClusterPolicy", "nvidia.com/NVIDIADriver"], "owners": ["pipeline"],
	"immutable": ["nvidia.com/NVIDIADriver spec.driverType"], "change_days": [],
}

request := {
	"operation": "UPDATE",
	"kind": {"group": "nvidia.com", "version": "v1alpha1", "kind": "NVIDIADriver"},
	"userInfo": {"username": "ci", "groups": ["pipeline"]},
	"oldObject": {"spec": {"driverType": "gpu", "version": "580.126.09"}},
	"object": {"spec": {"driverType": "gpu", "version": "580.159.03"}},
}

asking(changes) := {"request": object.union(request, changes)}

denied(changes) := found if {
	found := rule.deny with input as asking(changes) with data.params as params
}

untold(changes) := found if {
	found := rule.unknown with input as asking(changes) with data.params as params
}

test_owner_passes if {
	count(denied({})) == 0
	count(untold({})) == 0
	rule.applicable with input as asking({}) with data.params as params
}

test_others_fail if {
	some finding in denied({"userInfo": {"username": "eve", "groups": ["system:authenticated"]}})
	contains(finding.msg, "eve")
	count(denied({"operation": "DELETE", "userInfo": {"groups": []}, "object": null, "oldObject": {}})) == 1
	deleting := object.union(object.remove(request, ["userInfo"]), {"operation": "DELETE", "userInfo": {"groups": ["dev"]}})
	found := rule.deny with input as {"request": object.remove(object.union(deleting, {"kind": {"group": "nvidia.com", "kind": "ClusterPolicy"}}), ["object"])} with data.params as params
	count(found) == 1
}

test_fixed_field_fails if {
	some finding in denied({"object": {"spec": {"driverType": "vgpu"}}})
	finding.path == "request.object.spec.driverType"
	removed := object.union(object.remove(request, ["object"]), {"object": {"spec": {}}})
	found := rule.deny with input as {"request": removed} with data.params as params
	count(found) == 1
}

test_days_without_changes_fail if {
	few := object.union(params, {"change_days": ["Tuesday"]})
	monday := rule.deny with input as asking({}) with data.params as few with time.now_ns as 1795392000000000000
	count(monday) == 1
	tuesday := rule.deny with input as asking({}) with data.params as few with time.now_ns as 1795478400000000000
	count(tuesday) == 0
}

test_not_about_others if {
	not rule.applicable with input as asking({"kind": {"group": "", "kind": "Pod"}}) with data.params as params
	not rule.applicable with input as asking({"subResource": "status"}) with data.params as params
	not rule.applicable with input as asking({"operation": "CONNECT"}) with data.params as params
}

test_nobody_is_unknown if {
	found := rule.unknown with input as {"request": object.remove(request, ["userInfo"])} with data.params as params
	count(found) == 1
	count(untold({"userInfo": {"groups": "many"}})) == 1
}

test_unknown_before_is_unknown if {
	found := rule.unknown with input as {"request": object.remove(request, ["oldObject"])} with data.params as params
	count(found) == 1
}
