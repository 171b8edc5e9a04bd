package eidos.gpu.bus_driven_test

import data.eidos.gpu.bus_driven as rule

facts(gpus, devices) := {"gpu": {"pci": {"gpu-count": gpus, "devices": devices}}}

denied(device) := findings if {
	findings := rule.deny with input as facts(1, [device]) with data.params as {"drivers": ["nvidia", "vfio-pci"]}
}

test_driven_passes if count(denied({"bus-id": "0000:18:00.0", "driver": "nvidia"})) == 0

test_a_gpu_that_is_not_described_fails if {
	found := rule.deny with input as facts(2, [{"bus-id": "0000:18:00.0", "driver": "nvidia"}])
		with data.params as {"drivers": ["nvidia"]}
	some finding in found
	finding.msg == "2 GPUs are on the bus, and 1 of them are described."
}

test_idle_and_nouveau_fail if {
	some finding in denied({"bus-id": "0000:18:00.0"})
	finding.msg == "The GPU at 0000:18:00.0 has driver none, expected nvidia or vfio-pci."
	count(denied({"bus-id": "0000:18:00.0", "driver": "nouveau"})) == 1
}

test_odd_values_fail if count(denied({"bus-id": "0000:18:00.0", "driver": null})) == 1

test_a_node_without_a_gpu_is_not_asked if {
	rule.applicable with input as facts(1, [])
	not rule.applicable with input as facts(0, [])
}
