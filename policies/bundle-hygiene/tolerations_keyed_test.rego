package eidos.bundle_hygiene.tolerations_keyed_test

import data.eidos.bundle_hygiene.tolerations_keyed as rule

warned(tolerations) := findings if {
	findings := rule.warn with input as {"bundle": {"components": {"c": {"values": {"tolerations": tolerations}}}, "objects": []}}
}

test_key_passes if count(warned([{"key": "nvidia.com/gpu", "operator": "Exists"}])) == 0

test_wildcard_is_told if {
	some finding in warned([{"operator": "Exists"}])
	finding.path == `bundle.components["c"].values.tolerations.0`
}

test_odd_values_pass if {
	count(warned(null)) == 0
	count(warned(["Exists", 1, {}])) == 0
}
