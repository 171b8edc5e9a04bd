package eidos.os_hardening.protected_links_test

import data.eidos.os_hardening.protected_links as rule

denied(symlinks, hardlinks, fifos, regular) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": {
		"/proc/sys/fs/protected_symlinks": symlinks,
		"/proc/sys/fs/protected_hardlinks": hardlinks,
		"/proc/sys/fs/protected_fifos": fifos,
		"/proc/sys/fs/protected_regular": regular,
	}}}
}

test_protected_passes if count(denied("1", "1", "1", "2")) == 0

test_stricter_pipes_pass if count(denied("1", "1", "2", "2")) == 0

test_unprotected_fails if count(denied("0", "0", "0", "0")) == 4

test_regular_files_in_group_folders_fail if {
	some finding in denied("1", "1", "1", "1")
	finding.msg == "fs.protected_regular is 1, expected 2."
}

test_what_is_no_number_fails if count(denied("", "yes", null, [])) == 4
