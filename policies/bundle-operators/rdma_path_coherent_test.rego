package eidos.bundle_operators.rdma_path_coherent_test

import data.eidos.bundle_operators.rdma_path_coherent as rule

policy(spec) := {"object": {"apiVersion": "mellanox.com/v1alpha1", "kind": "NicClusterPolicy", "metadata": {"name": "nic-cluster-policy"}, "spec": spec}}

denied(rdma, spec) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"gpu-operator": {"values": {"driver": {"rdma": rdma}}}}, "objects": [policy(spec)]}}
}

plugin := {"rdmaSharedDevicePlugin": {"config": `{"configList": [{"resourceName": "ib"}]}`}}

test_agreement_passes if {
	count(denied({"enabled": true, "useHostMofed": false}, {"ofedDriver": {"image": "x"}})) == 0
	count(denied({"enabled": true, "useHostMofed": true}, plugin)) == 0
	count(denied({"enabled": false, "useHostMofed": true}, {"ofedDriver": {"image": "x"}})) == 0
}

test_other_mofed_fails if {
	some finding in denied({"enabled": true, "useHostMofed": true}, {"ofedDriver": {"image": "x"}})
	finding.expected == false
	count(denied({"enabled": true}, {})) == 1
}

test_unnamed_resource_fails if {
	count(denied({}, {"rdmaSharedDevicePlugin": {"config": `{"configList": [{"rdmaHcaMax": 63}]}`}})) == 1
	count(denied({}, {"rdmaSharedDevicePlugin": {"config": `{"configList": []}`}})) == 1
	count(denied({}, {"sriovDevicePlugin": {"config": "{"}})) == 1
	count(denied({}, {"sriovDevicePlugin": {"config": `{"resourceList": [{"resourceName": "a", "selectors": {}}, {"selectors": {}}]}`}})) == 1
}

test_odd_values_fail if {
	count(denied({"enabled": true, "useHostMofed": "x"}, {"ofedDriver": {}})) == 1
	count(denied({"enabled": true, "useHostMofed": []}, null)) == 1
}

test_not_applicable_without_a_policy if {
	rule.applicable with input as {"bundle": {"objects": [policy({})]}}
	not rule.applicable with input as {"bundle": {"objects": []}}
}
