package eidos.bundle_hygiene.nothing_unused_test

import data.eidos.bundle_hygiene.nothing_unused as rule

warned(notes) := findings if {
	findings := rule.warn with input as {"bundle": {"components": {"c": {"notes": notes}}}}
}

test_used_passes if count(warned([{"text": "x", "path": "a", "unused": false}])) == 0

test_unused_is_told if {
	some finding in warned([{"text": "no node has it", "path": "tuning.modules", "unused": true}])
	finding.actual == "tuning.modules"
}

test_odd_notes_pass if count(warned([null, 1])) == 0
