package eidos.kubernetes.node_capacity_limits_test

import data.eidos.kubernetes.node_capacity_limits as rule

denied(pid_max, watches) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {
		"/proc/sys/kernel/pid_max": pid_max,
		"/proc/sys/fs/inotify/max_user_watches": watches,
	}}}
		with data.params as {"least": {
			"/proc/sys/kernel/pid_max": 4194304,
			"/proc/sys/fs/inotify/max_user_watches": 524288,
		}}
}

test_least_passes if count(denied("4194304", "524288")) == 0

test_more_passes if count(denied(4194304, 1048576)) == 0

test_less_fails_by_number if {
	some finding in denied("4194304", "65536")
	finding.msg == "fs.inotify.max_user_watches is 65536, expected at least 524288."
	finding.expected == ">= 524288"
}

test_each_is_told if count(denied("32768", "8192")) == 2

test_odd_values_fail if {
	count(denied("many", "524288")) == 1
	count(denied(null, "524288")) == 1
}
