package eidos.bundle_hygiene.names_valid_test

import data.eidos.bundle_hygiene.names_valid as rule

object_of(name) := {"object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}}}

denied(names) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {}, "objects": [object_of(name) | some name in names]}}
}

test_names_pass if count(denied(["a", "b.c-d"])) == 0

test_hostile_names_fail if {
	some finding in denied(["x; touch y"])
	finding.path == "bundle.objects[0].object.metadata.name"
	count(denied(["Upper", "-a", "", "$(id)"])) == 4
}

test_twice_fails if count(denied(["a", "a"])) == 1

test_hostile_component_fails if {
	found := rule.deny with input as {"bundle": {"components": {"a": {"namespace": "../x"}}, "objects": []}}
	count(found) == 1
}

test_odd_values_fail if count(denied([null, 3, {}])) == 3
