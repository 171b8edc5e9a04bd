package eidos.gpu.driver_keeps_architecture_test

import data.eidos.gpu.driver_keeps_architecture as rule

tables := {"gpu_architectures": {"architectures": {"Volta": {"last_branch": "580"}, "Hopper": {}}}}

denied(driver, architecture) := findings if {
	findings := rule.deny with input as {"gpu": {"smi": {"driver": driver, "gpu.product-architecture": architecture}}}
		with data.params as {"unlisted_architecture": "fail"}
		with data.tables as tables
}

test_last_branch_passes if count(denied("580.178.04", "Volta")) == 0

test_older_branch_passes if count(denied("535.309.01", "Volta")) == 0

test_newer_branch_fails if {
	some finding in denied("595.71.05", "Volta")
	finding.msg == "Driver 595.71.05 no longer supports Volta GPUs: R580 is their last branch."
	finding.expected == "branch R580 or older"
}

test_architecture_without_an_end_passes if count(denied("595.71.05", "Hopper")) == 0

test_what_is_no_version_fails if count(denied(595, "Volta")) == 1

test_unlisted_architecture_fails if {
	some finding in denied("580.82.07", "Rubin")
	finding.msg == "No last driver is known for the GPU architecture \"Rubin\"."
	count(denied("580.82.07", null)) == 1
}

test_unlisted_architecture_can_warn if {
	findings := rule.warn with input as {"gpu": {"smi": {"driver": "580.82.07", "gpu.product-architecture": "Rubin"}}}
		with data.params as {"unlisted_architecture": "warn"}
		with data.tables as tables
	count(findings) == 1
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
