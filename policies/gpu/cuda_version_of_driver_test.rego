package eidos.gpu.cuda_version_of_driver_test

import data.eidos.gpu.cuda_version_of_driver as rule

tables := {"driver_branches": {"branches": {"580": {"cuda": "13.0"}, "610": {}}}}

facts(driver, cuda) := {"gpu": {"smi": {"driver": driver, "cuda-version": cuda}}}

denied(driver, cuda) := findings if {
	findings := rule.deny with input as facts(driver, cuda) with data.tables as tables
}

test_own_version_passes if count(denied("580.82.07", "13.0")) == 0

test_older_library_passes if count(denied("580.82.07", "12.9")) == 0

test_newer_version_fails if {
	some finding in denied("580.82.07", "13.1")
	finding.msg == "nvidia-smi shows CUDA 13.1, but driver branch R580 brings CUDA 13.0."
	finding.path == `gpu.smi["cuda-version"]`
}

test_unlisted_branch_warns if {
	count(denied("610.57.04", "13.3")) == 0
	findings := rule.warn with input as facts("610.57.04", "13.3") with data.tables as tables
	count(findings) == 1
}

test_odd_types_fail if {
	count(denied("580.82.07", 13.1)) == 1
	count(denied(null, "13.0")) == 1
}
