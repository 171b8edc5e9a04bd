package eidos.network_rdma.rdma_modules_complete_test

import data.eidos.network_rdma.rdma_modules_complete as rule

params := {"needed": {"mlx5_ib": ["ib_uverbs", "rdma_ucm"], "efa": ["ib_uverbs"]}}

denied(kmod) := findings if {
	findings := rule.deny with input as {"os": {"kmod": kmod}} with data.params as params
}

test_complete_passes if {
	count(denied({"mlx5_ib": true, "ib_uverbs": true, "rdma_ucm": true})) == 0
	count(denied({"efa": true, "ib_uverbs": true})) == 0
}

test_incomplete_fails if {
	some finding in denied({"mlx5_ib": true, "ib_uverbs": true})
	finding.msg == "Kernel module mlx5_ib is loaded without rdma_ucm, expected both."
	finding.path == "os.kmod.mlx5_ib"
}

test_false_is_not_loaded if count(denied({"efa": true, "ib_uverbs": false})) == 1

test_odd_value_counts_as_loaded if count(denied({"efa": {"size": 1}, "ib_uverbs": "Live"})) == 0

test_no_adapter_is_not_applicable if {
	not rule.applicable with input as {"os": {"kmod": {"xfs": true}}} with data.params as params
	rule.applicable with input as {"os": {"kmod": {"efa": true}}} with data.params as params
}
