package eidos.selection.fabric_test

import data.eidos.selection.fabric as rule

seen(nodes) := found if {
	found := {[each.value, each.path] | some each in rule.criterion} with input as {"nodes": nodes}
}

card(layer) := {"ports": {"1": {"link-layer": layer}}}

test_efa_by_its_module if {
	seen({"a": {"os": {"kmod": {"efa": true}}}}) == {["efa", `nodes["a"].os.kmod.efa`]}
}

test_infiniband_by_its_link_layer if {
	seen({"a": {"network": {"rdma": {"mlx5_0": card("InfiniBand")}}}}) == {["infiniband", `nodes["a"].network.rdma["mlx5_0"]`]}
}

test_ethernet_says_nothing if seen({"a": {"network": {"rdma": {"mlx5_0": card("Ethernet")}}}}) == set()

test_two_fabrics_are_both_told if {
	count(seen({"a": {"os": {"kmod": {"efa": true}}}, "b": {"network": {"rdma": {"mlx5_0": card("InfiniBand")}}}})) == 2
}

test_nothing_and_garbage_say_nothing if {
	seen({}) == set()
	seen({"a": {"os": {"kmod": {"efa": false}}, "network": {"rdma": {"mlx5_0": "up", "x": {"ports": [1]}}}}}) == set()
}
