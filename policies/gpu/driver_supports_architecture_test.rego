package eidos.gpu.driver_supports_architecture_test

import data.eidos.gpu.driver_supports_architecture as rule

tables := {"gpu_architectures": {"architectures": {
	"Hopper": {"first_driver": "520"},
	"Blackwell": {"first_driver": "570.133.20"},
}}}

smi(driver, architecture) := {"gpu": {"smi": {"driver": driver, "gpu.product-architecture": architecture}}}

denied(driver, architecture) := findings if {
	findings := rule.deny with input as smi(driver, architecture)
		with data.params as {"unlisted_architecture": "fail"}
		with data.tables as tables
}

test_first_driver_passes if count(denied("570.133.20", "Blackwell")) == 0

test_any_driver_of_a_newer_branch_passes if count(denied("580.82.07", "Hopper")) == 0

test_older_fails if {
	some finding in denied("570.124.06", "Blackwell")
	finding.msg == "Driver 570.124.06 is older than 570.133.20, the first driver for Blackwell GPUs."
	finding.path == "gpu.smi.driver"
}

test_compares_numbers_not_text if count(denied("570.86.15", "Blackwell")) == 1

test_unlisted_architecture_fails if {
	some finding in denied("580.82.07", "Rubin")
	finding.path == "gpu.smi[\"gpu.product-architecture\"]"
	finding.expected == "one of Blackwell, Hopper"
}

test_unlisted_architecture_can_warn if {
	findings := rule.warn with input as smi("580.82.07", "Rubin")
		with data.params as {"unlisted_architecture": "warn"}
		with data.tables as tables
	count(findings) == 1
}

test_odd_types_fail if {
	count(denied(580, "Blackwell")) == 1
	count(denied("580.82.07", 10)) == 1
	count(denied("580.82.07", null)) == 1
}

asked(driver, architecture, unlisted) if {
	rule.applicable with input as {"gpu": {"smi": {"driver": driver, "gpu.product-architecture": architecture}}}
		with data.params as {"unlisted_architecture": unlisted}
		with data.tables as tables
}

test_an_ignored_architecture_is_not_judged if {
	not asked("580.82.07", "Rubin", "ignore")
	asked("580.82.07", "Rubin", "warn")
	asked("580.82.07", "Hopper", "ignore")
	asked(580, "Rubin", "ignore")
}
