package eidos.gpu.modules_loaded_test

import data.eidos.gpu.modules_loaded as rule

facts(number, kmod, policy) := {
	"gpu": {"smi": {"gpu-count": number}},
	"os": {"kmod": kmod},
	"k8s": {"policy": policy},
}

denied(kmod, policy) := findings if {
	findings := rule.deny with input as facts(4, kmod, policy)
		with data.params as {"modules": ["nvidia", "nvidia_uvm"], "features": {"gdrcopy.enabled": "gdrdrv"}}
}

test_all_loaded_passes if count(denied({"nvidia": true, "nvidia_uvm": true}, {})) == 0

test_missing_module_fails if {
	some finding in denied({"nvidia": true}, {})
	finding.msg == "The module nvidia_uvm is not loaded on a node with GPUs."
	finding.path == "os.kmod.nvidia_uvm"
}

test_module_of_a_feature_fails if {
	some finding in denied({"nvidia": true, "nvidia_uvm": true}, {"gdrcopy.enabled": "true"})
	finding.msg == "The module gdrdrv is not loaded although the ClusterPolicy says gdrcopy.enabled."
}

test_feature_that_is_off_passes if {
	count(denied({"nvidia": true, "nvidia_uvm": true}, {"gdrcopy.enabled": "false"})) == 0
}

test_odd_types_do_not_hide if count(denied({"nvidia": false, "nvidia_uvm": 1}, {"gdrcopy.enabled": true})) == 2

test_not_applicable if {
	not rule.applicable with input as facts(0, {}, {})
	rule.applicable with input as facts("many", {}, {})
	rule.applicable with input as facts(4, {}, {})
	not rule.applicable with input as facts(4, {}, {"sandboxWorkloads.enabled": "true"})
	rule.applicable with input as facts(4, {}, {"sandboxWorkloads.enabled": "false"})
}
