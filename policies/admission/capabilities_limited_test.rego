package eidos.admission.capabilities_limited_test

import data.eidos.admission.capabilities_limited as rule

params := {
	"allowed": ["NET_BIND_SERVICE"], "with_rdma": ["IPC_LOCK"],
	"rdma_resources": ["rdma/"], "privileged_namespaces": ["gpu-operator"],
}

asking(spec, namespace) := {"request": {
	"operation": "CREATE",
	"namespace": namespace,
	"kind": {"group": "", "version": "v1", "kind": "Pod"},
	"object": {"spec": spec},
}}

denied(container) := found if {
	found := rule.deny with input as asking({"containers": [container]}, "shop") with data.params as params
}

having(capabilities, resources) := {"name": "main", "resources": resources, "securityContext": {"capabilities": capabilities}}

test_dropping_all_passes if {
	count(denied(having({"drop": ["ALL"]}, {}))) == 0
	count(denied(having({"drop": ["all"], "add": ["NET_BIND_SERVICE"]}, {}))) == 0
	rule.applicable with input as asking({"containers": []}, "shop") with data.params as params
}

test_not_dropping_fails if {
	some finding in denied({"name": "main"})
	finding.path == "request.object.spec.containers[0].securityContext.capabilities.drop"
	count(denied(having({"drop": ["NET_RAW"]}, {}))) == 1
	count(denied(having({"drop": [7, "1"]}, {}))) == 1
}

test_adding_fails if {
	count(denied(having({"drop": ["ALL"], "add": ["SYS_ADMIN", "NET_RAW"]}, {}))) == 2
	count(denied(having({"drop": ["ALL"], "add": ["CAP_SYS_ADMIN", 7]}, {}))) == 2
}

test_locking_memory_needs_rdma if {
	count(denied(having({"drop": ["ALL"], "add": ["IPC_LOCK"]}, {}))) == 1
	count(denied(having({"drop": ["ALL"], "add": ["IPC_LOCK"]}, {"limits": {"rdma/hca": 1}}))) == 0
}

test_windows_has_none if {
	found := rule.deny with input as asking({"os": {"name": "windows"}, "containers": [{"name": "main"}]}, "shop") with data.params as params
	count(found) == 0
}

test_not_about_namespaces_of_drivers if {
	not rule.applicable with input as asking({"containers": []}, "gpu-operator") with data.params as params
}

test_garbage_is_unknown if {
	garbage := asking({"containers": {}}, "shop")
	rule.applicable with input as garbage with data.params as params
	found := rule.unknown with input as garbage with data.params as params
	count(found) == 1
	nothing := asking({}, "shop")
	rule.applicable with input as nothing with data.params as params
}
