package eidos.admission.no_gpu_bypass_test

import data.eidos.admission.no_gpu_bypass as rule

params := {
	"resources": ["nvidia.com/"], "device_classes": ["gpu.nvidia.com"],
	"runtime_classes": ["nvidia"], "privileged_namespaces": ["gpu-operator"],
}

asking(spec, namespace, claims) := {"claims": claims, "request": {
	"operation": "CREATE",
	"namespace": namespace,
	"kind": {"group": "ray.io", "version": "v1", "kind": "RayCluster"},
	"object": {"spec": {"workerGroupSpecs": [{"template": {"spec": spec}}]}},
}}

denied(spec) := found if {
	found := rule.deny with input as asking(spec, "shop", {}) with data.params as params
}

gpu := {"limits": {"nvidia.com/gpu": 1}}

visible := {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}

test_asking_passes if {
	spec := {
		"runtimeClassName": "nvidia", "volumes": [{"hostPath": {"path": "/data"}}, {"emptyDir": {}}],
		"containers": [{"resources": gpu, "env": [visible, {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "compute,utility"}]}],
	}
	count(denied(spec)) == 0
	rule.applicable with input as asking(spec, "shop", {}) with data.params as params
}

test_device_files_fail if {
	every path in ["/dev/nvidia0", "//dev//nvidiactl", "/dev/", "/", "/proc/driver/nvidia", "/a/../dev"] {
		count(denied({"containers": [], "volumes": [{"hostPath": {"path": path}}]})) == 1
	}
}

test_variable_fails if {
	some finding in denied({"containers": [{"name": "main", "env": [visible]}]})
	finding.path == "request.object.spec.workerGroupSpecs[0].template.spec.containers[0].env[0]"
	count(denied({"containers": [{"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "valueFrom": {}}]}]})) == 1
}

test_variable_that_hides_passes if count(denied({"containers": [{"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}]}]})) == 0

test_all_capabilities_fail if {
	count(denied({"containers": [{"resources": gpu, "env": [{"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "utility, all"}]}]})) == 1
}

test_runtime_class_alone_fails if count(denied({"runtimeClassName": "nvidia", "containers": [{"name": "main"}]})) == 1

claiming := {
	"runtimeClassName": "nvidia",
	"containers": [{"env": [visible], "resources": {"claims": [{"name": "gpu"}]}}],
	"resourceClaims": [{"name": "gpu", "resourceClaimName": "mine"}],
}

claims(class) := {"ResourceClaim": {"mine": {"devices": {"requests": [{"deviceClassName": class}]}}}}

test_claims_are_looked_into if {
	given := rule.deny with input as asking(claiming, "shop", claims("gpu.nvidia.com")) with data.params as params
	count(given) == 0
	others := rule.deny with input as asking(claiming, "shop", claims("dra.net")) with data.params as params
	count(others) == 2
}

test_claims_of_nobody_are_unknown if {
	found := rule.unknown with input as asking(claiming, "shop", {}) with data.params as params
	count(found) == 1
	count(denied(claiming)) == 0
}

test_claims_of_nobody_without_more_are_no_matter if {
	plain := object.remove(claiming, ["runtimeClassName", "containers"])
	found := rule.unknown with input as asking(object.union(plain, {"containers": [{"env": []}]}), "shop", {}) with data.params as params
	count(found) == 0
	variable := object.remove(claiming, ["runtimeClassName"])
	visible_only := rule.unknown with input as asking(variable, "shop", {}) with data.params as params
	count(visible_only) == 1
}

test_not_about_namespaces_of_drivers if {
	not rule.applicable with input as asking({"containers": []}, "gpu-operator", {}) with data.params as params
}

test_garbage_is_unknown if {
	garbage := asking({"containers": [{"env": "all"}]}, "shop", {})
	found := rule.unknown with input as garbage with data.params as params
	count(found) == 1
	nothing := {"request": {"operation": "CREATE", "kind": {"group": "", "kind": "Pod"}, "object": {}}}
	rule.applicable with input as nothing with data.params as params
}
