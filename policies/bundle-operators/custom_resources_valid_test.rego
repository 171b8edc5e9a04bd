package eidos.bundle_operators.custom_resources_valid_test

import data.eidos.bundle_operators.custom_resources_valid as rule

tables := {"custom_resources": {"kinds": {"x.io/v1/Thing": {
	"fields": {"spec": {
		"!": ["image"], "image": "string", "on": "boolean", "count": "integer", "ratio": "number", "mode": ["a", "b"],
		"free": "any", "list": {"[]": {"name": "string", "m": {"*": "string"}}}, "packages": {"*": {"version": "string", "env": {"*": "string"}}},
	}},
	"maps": [["spec", "packages"], ["spec", "packages", "*", "env"], ["spec", "list", "[]", "m"]],
}}}}

denied(spec) := findings if {
	findings := rule.deny with input as {"bundle": {"objects": [{"component": "c", "object": {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t", "labels": {"a": "b"}}, "spec": spec}}]}}
		with data.tables as tables
}

test_valid_passes if count(denied({
	"image": "i", "on": true, "count": 3, "ratio": 2, "mode": "a", "free": {"any": [{"thing": 1}]}, "list": [{"name": "n", "m": {"k.x": "v"}}],
	"packages": {"a.b/c": {"version": "1", "env": {"K.x": "v"}}},
})) == 0

test_unknown_field_fails_once if {
	some finding in denied({"image": "i", "picture": {"deep": {"er": 1}}})
	finding.path == "bundle.objects[0].object.spec.picture"
	count(denied({"image": "i", "picture": {"deep": {"er": 1}}})) == 1
}

test_unknown_field_in_list_and_map_fails if {
	count(denied({"image": "i", "list": [{"other": 1}]})) == 1
	count(denied({"image": "i", "packages": {"p": {"release": "1"}}})) == 1
}

test_types_fail if {
	count(denied({"image": 7})) == 1
	count(denied({"image": "i", "on": "true"})) == 1
	count(denied({"image": "i", "count": "3"})) == 1
	count(denied({"image": "i", "list": {}})) == 1
	count(denied({"image": "i", "packages": []})) == 1
}

test_other_value_fails if {
	some finding in denied({"image": "i", "mode": "c"})
	finding.expected == `one of ["a","b"]`
}

test_lacking_field_fails if {
	some finding in denied({"on": true})
	finding.msg == "Thing t lacks image in spec."
}

test_null_is_no_value if count(denied({"image": "i", "on": null})) == 0

test_odd_values_fail if {
	count(denied(null)) == 0
	count(denied("x")) == 1
	count(denied([1])) > 0
}

unknown := {"bundle": {"objects": [
	{"object": {"apiVersion": "y.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"a": 1}}},
	{"object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "t"}}},
	{"object": {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "t"}}},
]}}

test_other_kinds_are_named if {
	found := rule.warn with input as unknown with data.tables as tables
	{finding.path | some finding in found} == {"bundle.objects[0].object"}
	denials := rule.deny with input as unknown with data.tables as tables
	count(denials) == 0
}

given(problems) := {"bundle": {
	"objects": [{"component": "c", "object": {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"picture": 1}}}],
	"deployment": [{"path": "argocd/a.yaml", "object": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "a"}}}],
	"definitions": {"checked": ["objects/0", "deployment/0"], "problems": problems, "rules": []},
}}

test_definitions_go_before_the_table if {
	found := rule.deny with input as given([]) with data.tables as tables
	count(found) == 0
	named := rule.warn with input as given([]) with data.tables as {"custom_resources": {"kinds": {}}}
	count(named) == 0
}

test_what_definitions_say_fails if {
	problems := [
		{"entry": "objects/0", "path": "spec.picture", "said": "is no field"},
		{"entry": "deployment/0", "path": "spec", "said": "is missing"},
	]
	found := rule.deny with input as given(problems) with data.tables as tables
	{finding.path | some finding in found} == {"bundle.objects[0].object.spec.picture", "bundle.deployment[0].object.spec"}
}
