package eidos.gpu.pages_retired_test

import data.eidos.gpu.pages_retired as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "retired-pages": {"pending": false}}])) == 0
	count(denied([{"index": 0}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "uuid": "GPU-1", "retired-pages": {"pending": true}}])
	finding.msg == "GPU 1 has memory pages that wait for a reset."
	startswith(finding.path, "gpu.devices.devices[1].")
}

test_odd_values_fail if {
	count(denied([{"retired-pages": {"pending": null}}])) == 1
}
