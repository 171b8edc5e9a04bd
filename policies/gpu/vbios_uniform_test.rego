package eidos.gpu.vbios_uniform_test

import data.eidos.gpu.vbios_uniform as rule

denied(versions) := findings if {
	devices := [{"index": i, "uuid": "x", "model": "H100", "vbios-version": version} | some i, version in versions]
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_one_version_passes if {
	count(denied([])) == 0
	count(denied(["96.00", "96.00"])) == 0
}

test_two_fail if {
	some finding in denied(["96.00", "96.00", "97.00"])
	finding.msg == "GPUs H100 run different VBIOS versions: 96.00, 97.00."
}
