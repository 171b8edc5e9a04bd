package eidos.lib.workloads_test

import data.eidos.lib.workloads

request(kind, object) := {"operation": "CREATE", "kind": {"group": "apps", "version": "v1", "kind": kind}, "object": object}

pod := {"containers": [{"name": "main"}]}

paths(found) := {each.path | some each in found}

test_pods_are_found_wherever_they_are if {
	paths(workloads.pods(request("Pod", {"spec": pod}))) == {"request.object.spec"}
	paths(workloads.pods(request("Deployment", {"spec": {"template": {"spec": pod}}}))) == {"request.object.spec.template.spec"}
	leader := {"spec": {"leaderWorkerTemplate": {"leaderTemplate": {"spec": pod}, "workerTemplate": {"spec": pod}}}}
	count(workloads.pods(request("LeaderWorkerSet", leader))) == 2
	odd := {"spec": {"a.b": [{"spec": pod}]}}
	paths(workloads.pods(request("Odd", odd))) == {`request.object.spec["a.b"][0].spec`}
}

test_what_happened_is_no_request if {
	count(workloads.pods(request("Odd", {"status": {"spec": pod}}))) == 0
	count(workloads.pods({"operation": "DELETE", "oldObject": {"spec": pod}})) == 0
	count(workloads.pods(request("Pod", null))) == 0
}

test_every_container_is_given if {
	spec := {"containers": [{"name": "a"}, 7], "initContainers": [{}], "ephemeralContainers": [{"name": "c"}]}
	[found] := workloads.pods(request("Pod", {"spec": spec}))
	{each.name | some each in workloads.containers(found)} == {"a", "initContainers[0]", "c"}
	paths(workloads.unreadable(request("Pod", {"spec": spec}))) == {"request.object.spec.containers[1]"}
}

test_pods_without_containers_are_unreadable if {
	paths(workloads.unreadable(request("Deployment", {"spec": {}}))) == {"request.object"}
	count(workloads.unreadable(object.union(request("Deployment", {"spec": {"replicas": 1}}), {"subResource": "scale"}))) == 0
	count(workloads.unreadable(request("Other", {"spec": {}}))) == 0
}

test_parts_of_containers_are_read if {
	spec := {"containers": [{"env": {}, "ports": null, "resources": {"limits": [], "requests": {}}, "securityContext": 1}]}
	paths(workloads.unreadable(request("Pod", {"spec": spec}))) == {
		"request.object.spec.containers[0].env",
		"request.object.spec.containers[0].resources.limits",
		"request.object.spec.containers[0].securityContext",
	}
}

test_resources if {
	container := {"resources": {"limits": {"nvidia.com/gpu": 1, "cpu": 2}, "requests": {"nvidia.com/mig-1g": 1}}}
	found := workloads.resources(container, ["nvidia.com/"])
	found == [{"name": "nvidia.com/gpu", "limit": 1}, {"name": "nvidia.com/mig-1g", "request": 1}]
	workloads.asks(container, ["cpu"])
	not workloads.asks(container, ["rdma/"])
	not workloads.asks({}, ["nvidia.com/"])
}

test_claims if {
	spec := {"resourceClaims": [{"name": "a", "resourceClaimName": "a"}, {"name": "b", "resourceClaimTemplateName": "b"}, {"name": "c"}]}
	claims := {
		"ResourceClaim": {"a": {"devices": {"requests": [{"exactly": {"deviceClassName": "one"}}]}}},
		"ResourceClaimTemplate": {"b": {"devices": {"requests": [{"firstAvailable": [{"deviceClassName": "two"}]}, {"deviceClassName": "three"}]}}},
	}
	workloads.device_classes({"spec": spec}, claims) == {"one", "two", "three"}
	paths(workloads.unknown_claims({"spec": spec, "path": "p"}, claims)) == {"p.resourceClaims[2]"}
}

test_namespace if {
	workloads.namespace({"namespace": "a"}) == "a"
	workloads.namespace({}) == ""
	workloads.namespace({"namespace": 7}) == ""
}
