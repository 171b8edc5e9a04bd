package eidos.gpu.rows_remapped_test

import data.eidos.gpu.rows_remapped as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "remapped-rows": {"pending": false, "failure": false}}])) == 0
	count(denied([{"index": 0}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "uuid": "GPU-1", "remapped-rows": {"pending": true, "failure": false}}])
	finding.msg == "GPU 1 has memory rows that wait for a reset."
	startswith(finding.path, "gpu.devices.devices[1].")
}

test_odd_values_fail if {
	count(denied([{"remapped-rows": {"pending": null}}])) == 1
}
