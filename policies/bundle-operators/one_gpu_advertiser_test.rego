package eidos.bundle_operators.one_gpu_advertiser_test

import data.eidos.bundle_operators.one_gpu_advertiser as rule

denied(service, plugin, whole) := findings if {
	findings := rule.deny with input as {"bundle": {"criteria": {"service": service}, "components": {
		"gpu-operator": {"values": {"devicePlugin": {"enabled": plugin}}},
		"nvidia-dra-driver-gpu": {"values": {"resources": {"gpus": {"enabled": whole}}}},
	}}}
}

test_one_passes if {
	count(denied("eks", true, false)) == 0
	count(denied("self-managed", false, true)) == 0
	count(denied("gke", false, false)) == 0
}

test_two_fail if {
	some finding in denied("eks", true, true)
	contains(finding.msg, "the DRA driver's whole GPUs and by the GPU Operator's device plugin")
}

test_own_chart_fails if {
	found := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": {}}, "nvidia-device-plugin": {"values": {}}}}}
	count(found) == 1
}

test_none_fails if count(denied("aks", false, false)) == 1

test_odd_values_count_as_on if count(denied("eks", "?", null)) == 1

test_not_applicable_without_either if {
	rule.applicable with input as {"bundle": {"components": {"nvidia-dra-driver-gpu": {}}}}
	rule.applicable with input as {"bundle": {"components": {"gpu-operator": {}}}}
	not rule.applicable with input as {"bundle": {"components": {}}}
}
