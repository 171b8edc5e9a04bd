package eidos.bundle_operators.topology_seen_test

import data.eidos.bundle_operators.topology_seen as rule

warned(values) := findings if {
	findings := rule.warn with input as {"bundle": {"components": {"node-feature-discovery": {"values": values}}}}
}

test_on_passes if count(warned({"topologyUpdater": {"enable": true}})) == 0

test_off_is_told if {
	some finding in warned({})
	finding.actual == false
	count(warned({"topologyUpdater": "x"})) == 1
}

test_applicable_to_training if {
	rule.applicable with input as {"bundle": {"criteria": {"intent": "training"}, "components": {"node-feature-discovery": {}}}}
	not rule.applicable with input as {"bundle": {"criteria": {"intent": "inference"}, "components": {"node-feature-discovery": {}}}}
}
