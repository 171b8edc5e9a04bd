package eidos.gpu.pcie_full_width_test

import data.eidos.gpu.pcie_full_width as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "pcie": {"width": 16, "width-max": 16}}])) == 0
	count(denied([{"index": 0}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "uuid": "GPU-1", "pcie": {"width": 8, "width-max": 16}}])
	finding.msg == "GPU 1 has 8 of 16 PCIe lanes."
	startswith(finding.path, "gpu.devices.devices[1].")
}

test_odd_values_fail if {
	count(denied([{"pcie": {"width": "wide", "width-max": 16}}])) == 1
}
