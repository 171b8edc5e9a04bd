package eidos.gpu.promised_gpus_on_the_bus_test

import data.eidos.gpu.promised_gpus_on_the_bus as rule

facts(capacity, gpus) := {"k8s": {"node": {"capacity": capacity}}, "gpu": {"pci": {"gpu-count": gpus}}}

denied(gpus) := findings if findings := rule.deny with input as facts({"nvidia.com/gpu": "8"}, gpus)

test_there_passes if count(denied(8)) == 0

test_gone_fails if {
	some finding in denied(0)
	finding.msg == "The node's capacity has nvidia.com/gpu, and its PCI bus has no GPU."
}

test_odd_values_fail if count(denied("some")) == 1

test_a_node_that_offers_none_is_not_asked if {
	rule.applicable with input as facts({"nvidia.com/gpu": "8"}, 0)
	not rule.applicable with input as facts({"cpu": "96"}, 0)
}
