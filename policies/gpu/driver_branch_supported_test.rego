package eidos.gpu.driver_branch_supported_test

import data.eidos.gpu.driver_branch_supported as rule

tables := {"driver_branches": {"branches": {
	"470": {"end": "ended"},
	"570": {"end": "2026-01-27"},
	"580": {"end": "2028-06-30"},
	"595": {"end": "2027-03-31"},
}}}

# 2026-01-27, the last day of R570.
last_day := 1769472000000000000

next_day := last_day + 86400000000000

denied(driver, now) := findings if {
	findings := rule.deny with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"unlisted_branch": "fail", "warn_days": 90}
		with data.tables as tables
		with time.now_ns as now
}

warned(driver, now) := findings if {
	findings := rule.warn with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"unlisted_branch": "fail", "warn_days": 90}
		with data.tables as tables
		with time.now_ns as now
}

test_supported_branch_passes if {
	count(denied("580.82.07", last_day)) == 0
	count(warned("580.82.07", last_day)) == 0
}

test_last_day_still_passes_with_a_warning if {
	count(denied("570.211.01", last_day)) == 0
	some finding in warned("570.211.01", last_day)
	finding.msg == "Driver 570.211.01 is of branch R570, which ends on 2026-01-27, in 0 days."
}

test_day_after_fails if {
	some finding in denied("570.211.01", next_day)
	finding.msg == "Driver 570.211.01 is of branch R570, which ended on 2026-01-27."
	finding.expected == "one of the supported branches 580, 595"
	count(warned("570.211.01", next_day)) == 0
}

test_branch_without_a_day_fails if count(denied("470.256.02", last_day)) == 1

test_unlisted_branch_fails if count(denied("999.1.1", last_day)) == 1

test_unlisted_branch_can_warn if {
	findings := rule.warn with input as {"gpu": {"smi": {"driver": "999.1.1"}}}
		with data.params as {"unlisted_branch": "warn", "warn_days": 90}
		with data.tables as tables
		with time.now_ns as last_day
	count(findings) == 1
}

test_what_is_no_version_fails if {
	count(denied("N/A", last_day)) == 1
	count(denied(580, last_day)) == 1
}

asked(driver, unlisted_branch) if {
	rule.applicable with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"unlisted_branch": unlisted_branch}
		with data.tables as tables
}

test_an_ignored_branch_is_not_judged if {
	not asked("999.1.1", "ignore")
	asked("999.1.1", "warn")
	asked("580.82.07", "ignore")
	asked("N/A", "ignore")
}
