package eidos.os_hardening.floods_withstood_test

import data.eidos.os_hardening.floods_withstood as rule

good := {setting.key: sprintf("%v", [setting.value]) | some setting in rule.wanted}

denied(changed) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": object.union(good, changed)}}
}

test_right_passes if count(denied({})) == 0

test_wrong_fails if {
	some finding in denied({"/proc/sys/net/ipv4/tcp_syncookies": "0"})
	finding.msg == "net.ipv4.tcp_syncookies is 0, expected 1."
	finding.path == `os.sysctl["/proc/sys/net/ipv4/tcp_syncookies"]`
}

test_what_is_no_number_fails if {
	count(denied({"/proc/sys/net/ipv4/tcp_syncookies": ""})) == 1
	count(denied({"/proc/sys/net/ipv4/tcp_syncookies": null})) == 1
}
