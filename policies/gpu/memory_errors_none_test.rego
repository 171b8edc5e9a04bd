package eidos.gpu.memory_errors_none_test

import data.eidos.gpu.memory_errors_none as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}} with data.params as {"most": 0}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "ecc": {"volatile": {"uncorrected": 0}}}])) == 0
	count(denied([{"index": 0, "ecc": {"current": "Enabled"}}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "uuid": "GPU-1", "ecc": {"volatile": {"uncorrected": 2}}}])
	finding.msg == "GPU 1 had 2 memory errors that could not be corrected."
	startswith(finding.path, "gpu.devices.devices[1].")
}

test_odd_values_fail if {
	count(denied([{"ecc": {"volatile": {"uncorrected": "some"}}}])) == 1
}
