package eidos.gpu.driver_security_floor_test

import data.eidos.gpu.driver_security_floor as rule

tables := {"driver_floors": {"floors": {"580": "580.126.20", "595": "595.71.05"}}}

denied(driver, unlisted_branch) := findings if {
	findings := rule.deny with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"unlisted_branch": unlisted_branch}
		with data.tables as tables
}

warned(driver, unlisted_branch) := findings if {
	findings := rule.warn with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"unlisted_branch": unlisted_branch}
		with data.tables as tables
}

test_floor_passes if count(denied("580.126.20", "fail")) == 0

test_newer_passes if count(denied("580.159.03", "fail")) == 0

test_older_fails if {
	some finding in denied("580.82.07", "fail")
	finding.msg == "Driver 580.82.07 is below 580.126.20, the security floor of branch R580."
	finding.path == "gpu.smi.driver"
	finding.expected == ">= 580.126.20"
}

test_compares_numbers_not_text if count(denied("580.95.05", "fail")) == 1

test_branch_without_floor_fails if {
	some finding in denied("550.163.01", "fail")
	contains(finding.msg, "R550")
	contains(finding.expected, "580, 595")
}

test_branch_without_floor_can_warn if {
	count(denied("550.163.01", "warn")) == 0
	count(warned("550.163.01", "warn")) == 1
}

test_listed_branch_does_not_warn if count(warned("580.82.07", "warn")) == 0

test_text_that_is_no_version_fails if count(denied("[Unknown Error]", "fail")) == 1

test_number_fails if count(denied(580.159, "fail")) == 1

test_null_fails if count(denied(null, "fail")) == 1

asked(driver, unlisted_branch) if {
	rule.applicable with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"unlisted_branch": unlisted_branch}
		with data.tables as tables
}

test_an_ignored_branch_is_not_judged if {
	not asked("550.163.01", "ignore")
	asked("550.163.01", "warn")
	asked("580.82.07", "ignore")
	asked("N/A", "ignore")
}
