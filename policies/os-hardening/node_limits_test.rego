package eidos.os_hardening.node_limits_test

import data.eidos.os_hardening.node_limits as rule

params := {
	"inotify_instances": 8192,
	"inotify_watches": 524288,
	"file_max": 2097152,
	"nr_open": 1048576,
	"pid_max": 4194304,
	"max_map_count": 262144,
}

good := {
	"/proc/sys/fs/inotify/max_user_instances": "65535",
	"/proc/sys/fs/inotify/max_user_watches": "524288",
	"/proc/sys/fs/file-max": "9223372036854775807",
	"/proc/sys/fs/nr_open": "1048576",
	"/proc/sys/kernel/pid_max": "4194304",
	"/proc/sys/vm/max_map_count": "1048576",
}

denied(changes) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": object.union(good, changes)}}
		with data.params as params
}

test_large_limits_pass if count(denied({})) == 0

test_distribution_default_fails if {
	some finding in denied({"/proc/sys/fs/inotify/max_user_instances": "128"})
	finding.msg == "fs.inotify.max_user_instances is 128, expected at least 8192."
	finding.fix == "sysctl -w fs.inotify.max_user_instances=8192"
}

test_compares_numbers_not_text if count(denied({"/proc/sys/vm/max_map_count": "65530"})) == 1

test_what_is_no_number_fails if count(denied({"/proc/sys/fs/nr_open": "many", "/proc/sys/kernel/pid_max": null})) == 2
