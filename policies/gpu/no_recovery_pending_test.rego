package eidos.gpu.no_recovery_pending_test

import data.eidos.gpu.no_recovery_pending as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "recovery-action": "None"}])) == 0
	count(denied([{"index": 0}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "uuid": "GPU-1", "recovery-action": "Reset"}])
	finding.msg == "GPU 1 asks for: Reset."
	startswith(finding.path, "gpu.devices.devices[1].")
}

test_odd_values_fail if {
	count(denied([{"recovery-action": null}])) == 1
}
