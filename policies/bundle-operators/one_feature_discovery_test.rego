package eidos.bundle_operators.one_feature_discovery_test

import data.eidos.bundle_operators.one_feature_discovery as rule

denied(components, objects) := findings if {
	findings := rule.deny with input as {"bundle": {"components": components, "objects": objects}}
}

off := {"values": {"nfd": {"enabled": false}}}

on := {"values": {}}

without_rules := {"values": {"nfd": {"enabled": false, "deployNodeFeatureRules": false}}}

alone := {"node-feature-discovery": on}

feature_rule := {"object": {"apiVersion": "nfd.k8s-sigs.io/v1alpha1", "kind": "NodeFeatureRule"}}

test_one_passes if {
	count(denied(object.union(alone, {"gpu-operator": off, "network-operator": off}), [])) == 0
	count(denied({"gpu-operator": on, "network-operator": off}, [])) == 0
	count(denied(object.union(alone, {"network-operator": without_rules}), [feature_rule])) == 0
}

test_a_copy_beside_fails if {
	some finding in denied(object.union(alone, {"gpu-operator": on}), [])
	startswith(finding.msg, "gpu-operator brings a copy")
}

test_two_copies_fail if count(denied({"gpu-operator": on, "network-operator": on}, [])) == 1

test_none_fails if count(denied({"gpu-operator": off}, [])) == 1

test_no_rule_for_cards_fails if count(denied(object.union(alone, {"network-operator": without_rules}), [])) == 1

test_odd_values_count_as_on if count(denied(object.union(alone, {"gpu-operator": {"values": {"nfd": "x"}}}), [])) == 1

test_not_applicable_without_operators if {
	rule.applicable with input as {"bundle": {"components": {"gpu-operator": on}}}
	not rule.applicable with input as {"bundle": {"components": alone}}
}
