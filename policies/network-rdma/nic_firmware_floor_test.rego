package eidos.network_rdma.nic_firmware_floor_test

import data.eidos.network_rdma.nic_firmware_floor as rule

facts(firmware, vendor) := {"network": {"rdma": {"mlx5_0": {"firmware": firmware, "vendor-id": vendor, "ports": {}}}}}

tables := {"nic_firmware": {"floors": {"43": "8002", "46": "3008"}, "newest": 46}}

denied(firmware) := findings if {
	findings := rule.deny with input as facts(firmware, "0x15b3") with data.tables as tables
}

test_floor_and_newer_pass if {
	count(denied("28.43.8002")) == 0
	count(denied("28.46.4000")) == 0
	count(denied("28.47.1000")) == 0
}

test_older_and_unlisted_lines_fail if {
	some finding in denied("28.43.2026")
	finding.msg == "RDMA device mlx5_0 has firmware 28.43.2026, below the floor of its line."
	count(denied("28.40.9000")) == 1
}

test_odd_values_fail if {
	count(denied("unknown")) == 1
	count(denied(null)) == 1
}

test_other_cards_are_not_asked if {
	rule.applicable with input as facts("28.43.8002", "0x15b3")
	not rule.applicable with input as facts("0.0.0.0", "0x1d0f")
}
