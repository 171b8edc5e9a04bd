package eidos.admission.no_host_access_test

import data.eidos.admission.no_host_access as rule

params := {"privileged_namespaces": ["gpu-operator"]}

asking(spec, namespace) := {"request": {
	"operation": "UPDATE",
	"namespace": namespace,
	"kind": {"group": "batch", "version": "v1", "kind": "CronJob"},
	"object": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}},
}}

denied(spec) := found if {
	found := rule.deny with input as asking(spec, "shop") with data.params as params
}

good := {"hostNetwork": false, "volumes": [{"name": "tmp", "emptyDir": {}}], "containers": [{
	"name": "main",
	"securityContext": {"privileged": false},
	"ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}],
}]}

test_plain_pod_passes if {
	count(denied(good)) == 0
	rule.applicable with input as asking(good, "shop") with data.params as params
}

test_each_setting_fails if {
	every setting in ["hostIPC", "hostNetwork", "hostPID"] {
		count(denied({"containers": [], setting: true})) == 1
	}
}

test_privileged_fails if {
	count(denied({"containers": [{"name": "main", "securityContext": {"privileged": true}}]})) == 1
	count(denied({"containers": [], "initContainers": [{"securityContext": {"privileged": "yes"}}]})) == 1
}

test_host_path_fails if {
	some finding in denied({"containers": [], "volumes": [{"emptyDir": {}}, {"hostPath": {"path": "/"}}]})
	finding.path == "request.object.spec.jobTemplate.spec.template.spec.volumes[1].hostPath"
}

test_host_port_fails if count(denied({"containers": [{"ports": [{"hostPort": 80}]}]})) == 1

test_not_about_namespaces_of_drivers if not rule.applicable with input as asking(good, "gpu-operator") with data.params as params

test_not_about_what_holds_no_pod if {
	not rule.applicable with input as {"request": {"operation": "CREATE", "kind": {"group": "", "kind": "ConfigMap"}, "object": {}}} with data.params as params
}

test_garbage_is_unknown if {
	garbage := asking({"containers": [7], "volumes": "all"}, "shop")
	rule.applicable with input as garbage with data.params as params
	found := rule.unknown with input as garbage with data.params as params
	count(found) == 2
}

test_no_pod_at_all_is_unknown if {
	empty := {"request": {"operation": "CREATE", "kind": {"group": "", "kind": "Pod"}, "object": {"spec": {}}}}
	rule.applicable with input as empty with data.params as params
	found := rule.unknown with input as empty with data.params as params
	count(found) == 1
}
