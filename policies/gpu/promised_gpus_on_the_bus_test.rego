package eidos.gpu.promised_gpus_on_the_bus_test

import data.eidos.gpu.promised_gpus_on_the_bus as rule

params := {
	"labels": ["nvidia.com/gpu.present", "nvidia.com/mig.config", "k8s.amazonaws.com/accelerator"],
	"instance_types": [`^(p[2-9][a-z]*|g3s?|g4dn|gr?[5-9][a-z]*)[.-]`],
}

node(capacity, labels, gpus) := {
	"k8s": {"node": {"capacity": capacity, "labels": labels}},
	"gpu": {"pci": {"gpu-count": gpus}},
}

facts(capacity, gpus) := node(capacity, {"kubernetes.io/hostname": "a"}, gpus)

denied(gpus) := findings if {
	findings := rule.deny with input as facts({"nvidia.com/gpu": "8"}, gpus) with data.params as params
}

messages(labels) := {finding.msg | some finding in found} if {
	found := rule.deny with input as node({"cpu": "96"}, labels, 0) with data.params as params
	rule.applicable with input as node({"cpu": "96"}, labels, 0) with data.params as params
}

test_there_passes if count(denied(8)) == 0

test_gone_fails if {
	some finding in denied(0)
	finding.msg == "The node's capacity has nvidia.com/gpu, and its PCI bus has no GPU."
}

test_odd_values_fail if count(denied("some")) == 1

test_labels_promise_gpus if {
	messages({"nvidia.com/gpu.present": "true", "nvidia.com/mig.config": "all-disabled"}) == {concat(" ", [
		"The node's label nvidia.com/gpu.present is true, its label nvidia.com/mig.config is all-disabled,",
		"and its PCI bus has no GPU.",
	])}
}

test_an_instance_type_promises_gpus if {
	messages({"node.kubernetes.io/instance-type": "p5en.48xlarge"}) == {
		"The node's instance type is p5en.48xlarge, and its PCI bus has no GPU.",
	}
}

test_network_cards_and_gpus_of_others_are_no_promise if {
	not rule.applicable with input as facts({"nvidia.com/mlnxnics": "8", "nvidia.com/rdma-vf": "16"}, 0) with data.params as params
	not messages({"node.kubernetes.io/instance-type": "g4ad.4xlarge"})
	count(messages({"node.kubernetes.io/instance-type": "g6e.4xlarge"})) == 1
}

test_a_node_that_offers_none_is_not_asked if {
	rule.applicable with input as facts({"nvidia.com/gpu": "8"}, 0) with data.params as params
	not rule.applicable with input as facts({"cpu": "96"}, 0) with data.params as params
}

test_other_labels_promise_nothing if {
	every labels in [
		{"nvidia.com/gpu.present": "false"},
		{"k8s.amazonaws.com/accelerator": "neuron"},
		{"node.kubernetes.io/instance-type": "m7i.large"},
	] {
		not messages(labels)
	}
}
