package eidos.bundle_hygiene.nothing_dead_test

import data.eidos.bundle_hygiene.nothing_dead as rule

denied(components, objects) := findings if {
	findings := rule.deny with input as {"bundle": {"components": components, "objects": objects}}
}

test_living_passes if {
	count(denied({"a": {"chart": "a", "wave": 0}, "b": {"chart": null, "wave": 1, "dependsOn": ["a"]}}, [{"component": "b"}])) == 0
}

test_dead_fails if {
	some finding in denied({"b": {"chart": null, "wave": 0}}, [])
	finding.expected == "a chart, or resources"
}

test_missing_or_late_need_fails if {
	count(denied({"a": {"chart": "a", "wave": 1, "dependsOn": ["b"]}}, [])) == 1
	count(denied({"a": {"chart": "a", "wave": 1, "dependsOn": ["b"]}, "b": {"chart": "b", "wave": 1}}, [])) == 1
}

test_odd_values_fail if count(denied({"a": {"chart": "a", "wave": null, "dependsOn": [7]}}, [])) == 1
