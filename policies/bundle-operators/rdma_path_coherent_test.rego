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

grace(accelerator, driver) := {"bundle": {
	"criteria": {"service": "eks", "accelerator": accelerator},
	"components": {"gpu-operator": {"values": {"driver": driver}}, "aws-efa": {"values": {}}},
	"objects": [],
}}

on_grace(driver) := findings if findings := rule.deny with input as grace("gb200", driver)

test_grace_with_efa_wants_r580_and_its_option if {
	options := {"kernelModuleConfig": {"name": "nvidia-kernel-module-params"}}
	count(on_grace(object.union(options, {"version": "580.173.02"}))) == 0
	some finding in on_grace(object.union(options, {"version": "595.91.07"}))
	finding.path == `bundle.components["gpu-operator"].values.driver.version`
	count(on_grace({"version": "580.173.02"})) == 1
	count(on_grace({})) == 2
	count(on_grace({"version": 580, "kernelModuleConfig": {"name": null}})) == 2
}

test_applicable_on_grace_with_efa if {
	rule.applicable with input as grace("gb300", {})
	not rule.applicable with input as grace("h100", {})
	not rule.applicable with input as grace("gb200", {"enabled": false})
}
