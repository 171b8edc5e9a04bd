package eidos.bundle_hygiene.namespaces_coordinated_test

import data.eidos.bundle_hygiene.namespaces_coordinated as rule

denied(components, objects) := findings if {
	findings := rule.deny with input as {"bundle": {"components": components, "objects": objects}}
}

component(namespace, labels) := {"namespace": namespace, "namespaceLabels": labels}

entry(namespace) := {"object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}}}

test_coordinated_passes if count(denied({"a": component("x", {"l": "1"}), "b": component("x", {"l": "1"})}, [entry("x"), {"object": {"apiVersion": "v1", "kind": "Node"}}])) == 0

test_unknown_namespace_fails if {
	some finding in denied({"a": component("x", {})}, [entry("y")])
	finding.actual == "y"
}

test_namespace_of_the_bundle_passes if count(denied({"a": component("x", {})}, [entry("y"), {"object": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "y"}}}])) == 0

test_default_namespace_fails if count(denied({"a": component("default", {})}, [])) == 1

test_differing_labels_fail if count(denied({"a": component("x", {"l": "1"}), "b": component("x", {"l": "2"})}, [])) == 1

test_odd_values_fail if count(denied({"a": {}}, [entry(7)])) == 1
