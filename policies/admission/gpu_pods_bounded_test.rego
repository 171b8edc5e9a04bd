package eidos.admission.gpu_pods_bounded_test

import data.eidos.admission.gpu_pods_bounded as rule

params := {
	"resources": ["nvidia.com/gpu"], "device_classes": ["gpu.nvidia.com"],
	"tolerated": ["nvidia.com/gpu"], "priority_classes": [],
}

limits := {"nvidia.com/gpu": 1, "cpu": "8", "memory": "64Gi"}

good := {
	"priorityClassName": "training",
	"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
	"containers": [{"name": "main", "resources": {"limits": limits}}],
}

asking(spec, claims) := {"claims": claims, "request": {
	"operation": "CREATE",
	"kind": {"group": "", "version": "v1", "kind": "Pod"},
	"object": {"spec": spec},
}}

denied(spec) := found if {
	found := rule.deny with input as asking(spec, {}) with data.params as params
}

test_bounded_passes if {
	count(denied(good)) == 0
	count(denied(object.union(good, {"tolerations": [{"operator": "Exists"}]}))) == 0
	rule.applicable with input as asking(good, {}) with data.params as params
}

test_each_lack_fails if {
	count(denied(object.remove(good, ["tolerations"]))) == 1
	count(denied(object.union(good, {"tolerations": [{"key": "spot"}]}))) == 1
	count(denied(object.remove(good, ["priorityClassName"]))) == 1
	count(denied(object.union(good, {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}))) == 2
}

test_priority_classes_may_be_few if {
	few := object.union(params, {"priority_classes": ["inference"]})
	found := rule.deny with input as asking(good, {}) with data.params as few
	some finding in found
	finding.actual == "training"
}

test_no_taint_needs_no_toleration if {
	none := object.union(params, {"tolerated": []})
	found := rule.deny with input as asking(object.remove(good, ["tolerations"]), {}) with data.params as none
	count(found) == 0
}

test_not_about_other_pods if not rule.applicable with input as asking({"containers": [{"name": "web"}]}, {}) with data.params as params

claiming := {
	"containers": [{"name": "main", "resources": {"claims": [{"name": "gpu"}]}}],
	"resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one"}],
}

test_claims_are_looked_into if {
	claims := {"ResourceClaimTemplate": {"one": {"devices": {"requests": [{"exactly": {"deviceClassName": "gpu.nvidia.com"}}]}}}}
	found := rule.deny with input as asking(claiming, claims) with data.params as params
	count(found) == 4
	first := {"ResourceClaimTemplate": {"one": {"devices": {"requests": [{"firstAvailable": [{"deviceClassName": "gpu.nvidia.com"}]}]}}}}
	rule.applicable with input as asking(claiming, first) with data.params as params
}

test_not_about_claims_of_other_devices if {
	claims := {"ResourceClaim": {"net": {"devices": {"requests": [{"deviceClassName": "dra.net"}]}}}}
	spec := {"containers": [], "resourceClaims": [{"name": "net", "resourceClaimName": "net"}]}
	not rule.applicable with input as asking(spec, claims) with data.params as params
}

test_claims_of_nobody_are_unknown if {
	rule.applicable with input as asking(claiming, {}) with data.params as params
	found := rule.unknown with input as asking(claiming, {}) with data.params as params
	some finding in found
	finding.path == "request.object.spec.resourceClaims[0]"
}

test_garbage_is_unknown if {
	found := rule.unknown with input as asking({"containers": "many", "tolerations": 7}, {}) with data.params as params
	count(found) == 2
}
