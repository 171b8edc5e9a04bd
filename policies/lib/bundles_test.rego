package eidos.lib.bundles_test

import data.eidos.lib.bundles

bundle := {
	"criteria": {"service": "eks"},
	"components": {
		"gpu-operator": {"values": {"driver": {"enabled": false}, "tolerations": [{"operator": "Exists"}], "odd": "x"}},
		"bare": {"values": null},
	},
	"objects": [
		{"component": "a", "object": {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"tolerations": [{"key": "k", "operator": "Exists"}]}}},
		{"component": "a", "object": {"apiVersion": "v1", "kind": "ConfigMap"}},
		{"component": "a", "object": null},
	],
}

test_has if {
	bundles.has(bundle, "bare")
	not bundles.has(bundle, "other")
}

test_value if {
	bundles.value(bundle, "gpu-operator", ["driver", "enabled"], true) == false
	bundles.value(bundle, "gpu-operator", ["driver", "version"], "") == ""
	bundles.value(bundle, "gpu-operator", ["odd", "deep", "er"], 7) == 7
	bundles.value(bundle, "bare", ["a"], 7) == 7
	bundles.value(bundle, "other", ["a"], 7) == 7
}

test_path if bundles.path("gpu-operator", ["a", "b"]) == `bundle.components["gpu-operator"].values.a.b`

test_objects if {
	[entry.place | some entry in bundles.objects(bundle)] == [0, 1]
	count(bundles.of_kind(bundle, "x.io", "Thing")) == 1
	count(bundles.of_kind(bundle, "", "ConfigMap")) == 1
	count(bundles.of_kind(bundle, "y.io", "Thing")) == 0
}

test_named if {
	[bundles.named(entry) | some entry in bundles.objects(bundle)] == ["Thing t", "ConfigMap"]
}

test_service if {
	bundles.service(bundle) == "eks"
	bundles.service({}) == ""
	bundles.managed(bundle)
	not bundles.managed({})
}

test_leaves if {
	found := {leaf.path: leaf.value | some leaf in bundles.leaves(bundle)}
	found["bundle.components[\"gpu-operator\"].values.driver.enabled"] == false
	found["bundle.objects[0].object.spec.tolerations.0.key"] == "k"
}

test_key if {
	bundles.key(["a", 0]) == "a"
	bundles.key([]) == ""
}

test_tolerations if {
	found := bundles.tolerations(bundle)
	[bundles.wildcard(each.toleration) | some each in found] == [true]
	[each.component | some each in found] == ["gpu-operator", "a"]
}

test_wildcard if {
	bundles.wildcard({"operator": "Exists"})
	not bundles.wildcard({"operator": "Exists", "key": "a"})
	not bundles.wildcard({"key": "a"})
}

test_builtin if {
	bundles.builtin({"apiVersion": "v1"})
	bundles.builtin({"apiVersion": "apps/v1"})
	not bundles.builtin({"apiVersion": "nvidia.com/v1"})
	not bundles.builtin({"apiVersion": "my.apps/v1"})
}
