package eidos.gpu.gpus_allocatable_test

import data.eidos.gpu.gpus_allocatable as rule

facts(gpus, allocatable) := {"gpu": {"pci": {"gpu-count": gpus}}, "k8s": {"node": {"allocatable": allocatable}}}

denied(allocatable) := findings if findings := rule.deny with input as facts(8, allocatable)

test_offered_passes if {
	count(denied({"nvidia.com/gpu": "8"})) == 0
	count(denied({"nvidia.com/mig-1g.10gb": "56"})) == 0
	count(denied({"nvidia.com/GA102GL_A10": "4"})) == 0
}

test_not_offered_fails if {
	some finding in denied({"cpu": "96"})
	finding.msg == "8 GPUs are on the bus, and the node offers none to pods."
	count(denied({"nvidia.com/gpu": "0"})) == 1
	count(denied({"nvidia.com/mlnxnics": "8"})) == 1
}

test_odd_values_fail if count(denied({"nvidia.com/gpu": "many"})) == 1

test_a_node_without_a_gpu_is_not_asked if {
	rule.applicable with input as facts(1, {})
	not rule.applicable with input as facts(0, {})
}
