# METADATA
# title: Dates
# description: Bare dates, `2026-11-24`, against the effective day of the evaluation. All days are UTC.
package eidos.lib.dates

_day_ns := ((24 * 60) * 60) * 1000000000

# METADATA
# description: Tells whether a value is a bare date.
readable(date) if {
	is_string(date)
	regex.match(`^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$`, date)
}

# METADATA
# description: Gives the days from the effective day to a date; 0 on that day, negative when it is over.
days_until(date) := (_start(date) - _today) / _day_ns

# METADATA
# description: Tells whether a date is over; the day itself still counts.
over(date) if days_until(date) < 0

_today := time.now_ns() - (time.now_ns() % _day_ns)

_start(date) := time.parse_rfc3339_ns(sprintf("%vT00:00:00Z", [date])) if readable(date)
