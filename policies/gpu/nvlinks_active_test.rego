package eidos.gpu.nvlinks_active_test

import data.eidos.gpu.nvlinks_active as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "nvlink": {"links": 18, "active": 18}}])) == 0
	count(denied([{"index": 0}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "uuid": "GPU-1", "nvlink": {"links": 18, "active": 17}}])
	finding.msg == "GPU 1 has 17 of 18 NVLinks active."
	startswith(finding.path, "gpu.devices.devices[1].")
}

test_odd_values_fail if {
	count(denied([{"nvlink": {"links": 18, "active": "some"}}])) == 1
}
