package eidos.network_rdma.socket_buffers_large_test

import data.eidos.network_rdma.socket_buffers_large as rule

good := {setting.key: sprintf("%v", [setting.value]) | some setting in rule.wanted}

denied(changed) := findings if {
	findings := rule.deny with input as {"os": {"sysctl": object.union(good, changed)}}
}

test_right_passes if count(denied({})) == 0

test_wrong_fails if {
	some finding in denied({"/proc/sys/net/core/rmem_max": "0"})
	finding.msg == "net.core.rmem_max is 0, expected at least 16777216."
	finding.path == `os.sysctl["/proc/sys/net/core/rmem_max"]`
}

test_what_is_no_number_fails if {
	count(denied({"/proc/sys/net/core/rmem_max": ""})) == 1
	count(denied({"/proc/sys/net/core/rmem_max": null})) == 1
}
