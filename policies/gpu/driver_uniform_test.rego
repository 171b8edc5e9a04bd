package eidos.gpu.driver_uniform_test

import data.eidos.gpu.driver_uniform as rule

node(model, driver) := {"gpu": {"smi": {"driver": driver, "gpu.model": model}}}

denied(nodes) := findings if {
	findings := rule.deny with input as {"nodes": nodes} with data.params as {"named_nodes": 2}
}

test_one_node_passes if count(denied({"a": node("NVIDIA H100", "580.82.07")})) == 0

test_same_driver_passes if {
	count(denied({"a": node("NVIDIA H100", "580.82.07"), "b": node("NVIDIA H100", "580.82.07")})) == 0
}

test_other_gpu_may_have_another_driver if {
	count(denied({"a": node("NVIDIA H100", "580.82.07"), "b": node("Tesla V100", "535.309.01")})) == 0
}

test_node_left_behind_fails if {
	some finding in denied({"a": node("NVIDIA H100", "580.126.20"), "b": node("NVIDIA H100", "580.95.05")})
	finding.msg == "Driver 580.95.05 runs on 1 node with NVIDIA H100 while others run 580.126.20: b."
	finding.path == "nodes[\"b\"].gpu.smi.driver"
	finding.expected == "580.126.20"
}

test_many_nodes_are_counted if {
	some finding in denied({
		"a": node("NVIDIA H100", "580.126.20"),
		"b": node("NVIDIA H100", "580.95.05"),
		"c": node("NVIDIA H100", "580.95.05"),
		"d": node("NVIDIA H100", "580.95.05"),
	})
	finding.msg == "Driver 580.95.05 runs on 3 nodes with NVIDIA H100 while others run 580.126.20: b, c and 1 more."
}

test_odd_types_are_reported if {
	some finding in denied({"a": node("NVIDIA H100", "580.126.20"), "b": node("NVIDIA H100", null)})
	finding.actual == null
	count(denied({"a": node("NVIDIA H100", 580)})) == 1
	{unreadable.path | some unreadable in denied({"a": node(null, "580.82.07")})} == {`nodes["a"].gpu.smi["gpu.model"]`}
}

test_nodes_without_gpus_are_no_pool if {
	count(denied({"a": node("NVIDIA H100", "580.82.07"), "b": {"gpu": {"smi": {}}}, "c": {}})) == 0
}
