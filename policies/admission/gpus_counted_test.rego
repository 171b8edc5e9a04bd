package eidos.admission.gpus_counted_test

import data.eidos.admission.gpus_counted as rule

resources := ["nvidia.com/gpu", "nvidia.com/mig-"]

asking(container_resources) := {"request": {
	"operation": "CREATE",
	"kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
	"object": {"spec": {"template": {"spec": {"containers": [{"name": "main", "resources": container_resources}]}}}},
}}

denied(container_resources) := found if {
	found := rule.deny with input as asking(container_resources) with data.params.resources as resources
}

test_whole_limit_passes if {
	count(denied({"limits": {"nvidia.com/gpu": 2}})) == 0
	count(denied({"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": 2}})) == 0
	count(denied({"limits": {"nvidia.com/gpu": 2}, "requests": {"nvidia.com/gpu": 2}})) == 0
	count(denied({"limits": {"nvidia.com/mig-1g.10gb": 1}, "requests": {"cpu": "500m"}})) == 0
}

test_request_alone_fails if {
	some finding in denied({"requests": {"nvidia.com/gpu": 1}})
	finding.path == "request.object.spec.template.spec.containers[0].resources"
}

test_half_a_gpu_fails if {
	count(denied({"limits": {"nvidia.com/gpu": "500m"}})) == 1
	count(denied({"limits": {"nvidia.com/gpu": null}})) == 1
	count(denied({"limits": {"nvidia.com/gpu": -1}})) == 1
}

test_other_request_fails if {
	some finding in denied({"limits": {"nvidia.com/gpu": 2}, "requests": {"nvidia.com/gpu": 1}})
	finding.expected == 2
}

test_not_about_pods_without_gpus if {
	not rule.applicable with input as asking({"limits": {"cpu": 1}}) with data.params.resources as resources
	not rule.applicable with input as {"request": {"operation": "DELETE"}} with data.params.resources as resources
}

test_about_gpus if rule.applicable with input as asking({"limits": {"nvidia.com/gpu": 1}}) with data.params.resources as resources

test_garbage_is_unknown if {
	garbage := asking("much")
	rule.applicable with input as garbage with data.params.resources as resources
	found := rule.unknown with input as garbage with data.params.resources as resources
	some finding in found
	finding.path == "request.object.spec.template.spec.containers[0].resources"
}
