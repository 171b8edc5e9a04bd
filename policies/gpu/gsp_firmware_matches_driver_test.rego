package eidos.gpu.gsp_firmware_matches_driver_test

import data.eidos.gpu.gsp_firmware_matches_driver as rule

facts(driver, firmware) := {"gpu": {"smi": {"driver": driver, "gpu.gsp-firmware-version": firmware}}}

denied(driver, firmware) := findings if findings := rule.deny with input as facts(driver, firmware)

test_same_passes if count(denied("580.82.07", "580.82.07")) == 0

test_other_fails if {
	some finding in denied("580.82.07", "570.133.20")
	finding.msg == "GSP firmware 570.133.20 does not match driver 580.82.07."
	finding.path == `gpu.smi["gpu.gsp-firmware-version"]`
}

test_odd_types_fail if {
	count(denied("580.82.07", 580)) == 1
	count(denied(null, "580.82.07")) == 1
}

test_not_applicable_where_the_gsp_is_off if {
	not rule.applicable with input as facts("580.82.07", "N/A")
	rule.applicable with input as facts("580.82.07", "580.82.07")
}
