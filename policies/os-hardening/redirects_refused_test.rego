package eidos.os_hardening.redirects_refused_test

import data.eidos.os_hardening.redirects_refused as rule

good := {setting.key: sprintf("%v", [setting.value]) | some setting in rule.wanted}

denied(changed) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": object.union(good, changed)}}
}

test_right_passes if count(denied({})) == 0

test_wrong_fails if {
	some finding in denied({"/proc/sys/net/ipv4/conf/all/accept_redirects": "1"})
	finding.msg == "net.ipv4.conf.all.accept_redirects is 1, expected 0."
	finding.path == `os.sysctl["/proc/sys/net/ipv4/conf/all/accept_redirects"]`
}

test_what_is_no_number_fails if {
	count(denied({"/proc/sys/net/ipv4/conf/all/accept_redirects": ""})) == 1
	count(denied({"/proc/sys/net/ipv4/conf/all/accept_redirects": null})) == 1
}
