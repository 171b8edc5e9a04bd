package eidos.network_rdma.memlock_unlimited_test

import data.eidos.network_rdma.memlock_unlimited as rule

params := {"rdma_modules": ["ib_uverbs"]}

unlimited := {"LoadState": "loaded", "LimitMEMLOCK": 18446744073709551615, "LimitMEMLOCKSoft": "18446744073709551615"}

limited := {"LoadState": "loaded", "LimitMEMLOCK": 18446744073709551615, "LimitMEMLOCKSoft": 65536}

absent := {"LoadState": "not-found", "LimitMEMLOCK": 124437454848, "LimitMEMLOCKSoft": 124437454848}

facts(loaded, systemd) := {"os": {"kmod": {name: true | some name in loaded}}, "systemd": systemd}

denied(systemd) := findings if {
	findings := rule.deny with input as facts(["ib_uverbs"], systemd) with data.params as params
}

relevant(loaded, systemd) if {
	rule.applicable with input as facts(loaded, systemd) with data.params as params
}

test_unlimited_passes if count(denied({"containerd.service": unlimited})) == 0

test_unit_that_is_not_installed_is_not_judged if {
	count(denied({"containerd.service": unlimited, "kubelet.service": absent})) == 0
}

test_soft_limit_fails if {
	some finding in denied({"containerd.service": limited})
	finding.msg == "LimitMEMLOCKSoft of containerd.service is 65536, expected infinity."
	finding.path == `systemd["containerd.service"].LimitMEMLOCKSoft`
}

test_every_installed_unit_is_judged if {
	count(denied({"containerd.service": unlimited, "kubelet.service": limited})) == 1
}

test_absent_or_odd_limit_fails if {
	count(denied({"containerd.service": {"LoadState": "loaded"}})) == 2
	count(denied({"containerd.service": {"LoadState": "loaded", "LimitMEMLOCK": null, "LimitMEMLOCKSoft": {}}})) == 2
}

test_applicable_to_rdma_with_containerd if {
	relevant(["ib_uverbs"], {"containerd.service": unlimited})
	not relevant(["xfs"], {"containerd.service": unlimited})
	not relevant(["ib_uverbs"], {"containerd.service": absent})
	not relevant(["ib_uverbs"], {"containerd.service": {}})
}
