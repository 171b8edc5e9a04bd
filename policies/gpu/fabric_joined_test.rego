package eidos.gpu.fabric_joined_test

import data.eidos.gpu.fabric_joined as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "fabric": {"state": "Completed", "health": {"summary": "Healthy", "bandwidth": "Full"}}}])) == 0
	count(denied([{"index": 0, "fabric": {"state": "Not Supported"}}])) == 0
	count(denied([{"index": 0}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "uuid": "GPU-1", "fabric": {"state": "In Progress"}}])
	finding.msg == "GPU 1 has fabric state In Progress."
	startswith(finding.path, "gpu.devices.devices[1].")
}

test_odd_values_fail if {
	count(denied([{"fabric": {"state": null}}])) == 1
}
