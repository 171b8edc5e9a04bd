package eidos.gpu.kernel_module_type_test

import data.eidos.gpu.kernel_module_type as rule

tables := {"gpu_architectures": {"architectures": {
	"Volta": {"modules": "proprietary"},
	"Hopper": {"modules": "any"},
	"Blackwell": {"modules": "open"},
}}}

facts(architecture, model, policy) := {
	"gpu": {"smi": {"gpu.product-architecture": architecture, "gpu.model": model}},
	"k8s": {"policy": policy},
}

denied(architecture, model, policy) := findings if {
	findings := rule.deny with input as facts(architecture, model, policy)
		with data.params as {"open_models": ["GH200"]}
		with data.tables as tables
}

test_auto_passes if count(denied("Blackwell", "NVIDIA GB200", {"driver.kernelModuleType": "auto"})) == 0

test_absent_is_auto if count(denied("Blackwell", "NVIDIA GB200", {})) == 0

test_either_passes_on_hopper if {
	count(denied("Hopper", "NVIDIA H100", {"driver.kernelModuleType": "open"})) == 0
	count(denied("Hopper", "NVIDIA H100", {"driver.kernelModuleType": "proprietary"})) == 0
}

test_proprietary_fails_on_blackwell if {
	some finding in denied("Blackwell", "NVIDIA GB200", {"driver.kernelModuleType": "proprietary"})
	finding.msg == "Blackwell GPUs need open kernel modules, but driver.kernelModuleType is proprietary."
	finding.path == `k8s.policy["driver.kernelModuleType"]`
}

test_proprietary_fails_on_grace_hopper if {
	count(denied("Hopper", "NVIDIA GH200 480GB", {"driver.kernelModuleType": "proprietary"})) == 1
}

test_open_fails_on_volta if count(denied("Volta", "Tesla V100", {"driver.kernelModuleType": "open"})) == 1

test_unknown_architecture_fails_unless_auto if {
	count(denied("Rubin", "NVIDIA R100", {"driver.kernelModuleType": "open"})) == 1
	count(denied("Rubin", "NVIDIA R100", {"driver.kernelModuleType": "auto"})) == 0
}

test_odd_values_fail if {
	count(denied("Blackwell", 200, {"driver.kernelModuleType": "opne"})) == 1
	count(denied("Blackwell", null, {"driver.kernelModuleType": true})) == 1
}

test_applicable_where_the_operator_installs_the_driver if {
	rule.applicable with input as facts("Hopper", "H100", {"driver.enabled": "true"})
	not rule.applicable with input as facts("Hopper", "H100", {"driver.enabled": "false"})
	not rule.applicable with input as facts("Hopper", "H100", {})
}
