package eidos.network_rdma.rdma_ports_active_test

import data.eidos.network_rdma.rdma_ports_active as rule

facts(states) := {"network": {"rdma": {
	"mlx5_0": {"ports": {sprintf("%v", [i]): {"state": state} | some i, state in states}},
	"mlx5_9": {"ports": {"1": {"state": "DOWN"}}},
}}}

denied(states) := findings if findings := rule.deny with input as facts(states) with data.params as {"uncabled": ["mlx5_9"]}

test_active_passes if {
	count(denied(["ACTIVE"])) == 0
	count(denied(["DOWN", "ACTIVE"])) == 0
}

test_down_fails if {
	some finding in denied(["DOWN"])
	finding.msg == `RDMA device mlx5_0 has no active port: ["DOWN"].`
	finding.path == "network.rdma.mlx5_0.ports"
}

test_no_port_and_odd_values_fail if {
	count(denied([])) == 1
	count(denied([null])) == 1
}

test_a_node_without_rdma_is_not_asked if {
	rule.applicable with input as facts(["DOWN"])
	not rule.applicable with input as {"network": {"rdma": {}}}
}
