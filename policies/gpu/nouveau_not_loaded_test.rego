package eidos.gpu.nouveau_not_loaded_test

import data.eidos.gpu.nouveau_not_loaded as rule

denied(kmod) := findings if findings := rule.deny with input as {"os": {"kmod": kmod}}

test_absent_passes if count(denied({"nvidia": true})) == 0

test_nothing_loaded_passes if count(denied({})) == 0

test_loaded_fails if {
	some finding in denied({"nvidia": true, "nouveau": true})
	finding.path == "os.kmod.nouveau"
}

test_odd_values_count_as_loaded if count(denied({"nouveau": {"size": 3}})) == 1
