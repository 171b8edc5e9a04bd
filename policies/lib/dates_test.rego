package eidos.lib.dates_test

import data.eidos.lib.dates

# 2026-11-24 at midnight and at 17:20, UTC.
midnight := 1795478400000000000

afternoon := 1795540800000000000

test_days_until if {
	dates.days_until("2026-11-24") == 0 with time.now_ns as midnight
	dates.days_until("2026-11-25") == 1 with time.now_ns as midnight
	dates.days_until("2026-11-23") == -1 with time.now_ns as midnight
	dates.days_until("2027-11-24") == 365 with time.now_ns as midnight
}

test_the_hour_does_not_matter if {
	dates.days_until("2026-11-25") == 1 with time.now_ns as afternoon
	dates.days_until("2026-11-23") == -1 with time.now_ns as afternoon
}

test_the_day_itself_counts if {
	not dates.over("2026-11-24") with time.now_ns as afternoon
	dates.over("2026-11-23") with time.now_ns as midnight
}

test_what_is_no_date_is_undefined if {
	every value in ["", "2026", "2026-13-01", "2026-1-1", 2026, null] {
		not dates.readable(value)
		not dates.days_until(value) with time.now_ns as midnight
	}
}
