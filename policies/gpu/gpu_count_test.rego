package eidos.gpu.gpu_count_test

import data.eidos.gpu.gpu_count as rule

tables := {"gpu_counts": {"counts": {"GB200": [4], "B200": [8], "H100": [4, 8]}, "cards": ["PCIE", "NVL", "L40S"]}}

facts(found, model) := {"gpu": {"smi": {"gpu-count": found, "gpu.model": model}}, "os": {"kmod": {"nvidia": true}}}

denied(found, model) := findings if {
	findings := rule.deny with input as facts(found, model) with data.params as {"expected": {}} with data.tables as tables
}

test_full_board_passes if {
	count(denied(4, "NVIDIA GB200")) == 0
	count(denied(8, "NVIDIA H100 80GB HBM3")) == 0
	count(denied("8", "NVIDIA H100 80GB HBM3")) == 0
}

test_lost_gpu_fails if {
	some finding in denied(7, "NVIDIA H100 80GB HBM3")
	finding.msg == "The node shows 7 GPUs, but a machine with NVIDIA H100 80GB HBM3 has 4 or 8."
	finding.path == `gpu.smi["gpu-count"]`
	finding.expected == [4, 8]
}

test_less_than_none_fails if count(denied(-1, "NVIDIA H100 80GB HBM3")) == 1

test_names_are_whole_words if count(denied(8, "NVIDIA GB200")) == 1

test_cards_may_be_any_number if {
	count(denied(3, "NVIDIA H100 PCIe")) == 0
	count(denied(3, "NVIDIA H100 NVL")) == 0
	count(denied(3, "NVIDIA L40S")) == 0
}

untold(found, model) := findings if {
	findings := rule.unknown with input as facts(found, model) with data.params as {"expected": {"R100": [4]}} with data.tables as tables
}

test_of_an_unknown_model_nobody_can_tell if {
	some finding in untold(7, "NVIDIA X900 288GB")
	finding.msg == "no count is known for NVIDIA X900 288GB, of which the node shows 7 (parameter expected of GPU-009)"
	count(denied(7, "NVIDIA X900 288GB")) == 0
}

test_of_known_models_it_can if {
	every model in ["NVIDIA H100 80GB HBM3", "NVIDIA H100 PCIe", "NVIDIA L40S", "NVIDIA R100"] {
		count(untold(4, model)) == 0
	}
	count(untold(0, "NVIDIA X900 288GB")) == 0
}

test_no_gpu_with_a_loaded_driver_fails if {
	findings := rule.deny with input as {"gpu": {"smi": {"gpu-count": 0}}, "os": {"kmod": {"nvidia": true}}}
		with data.params as {"expected": {}}
		with data.tables as tables
	count(findings) == 1
}

test_missing_model_fails if {
	findings := rule.deny with input as {"gpu": {"smi": {"gpu-count": 4}}, "os": {"kmod": {"nvidia": true}}}
		with data.params as {"expected": {}}
		with data.tables as tables
	count(findings) == 1
}

test_expected_counts_can_be_set if {
	findings := rule.deny with input as facts(6, "NVIDIA H100 80GB HBM3")
		with data.params as {"expected": {"H100": [6]}}
		with data.tables as tables
	count(findings) == 0
}

test_odd_types_fail if {
	count(denied("many", "NVIDIA GB200")) == 1
	count(denied(null, "NVIDIA GB200")) == 1
	count(denied(4, 200)) == 1
}

test_not_applicable_without_gpus_and_driver if {
	not rule.applicable with input as {"gpu": {"smi": {"gpu-count": 0}}, "os": {"kmod": {"xfs": true}}}
	rule.applicable with input as {"gpu": {"smi": {"gpu-count": 0}}, "os": {"kmod": {"nvidia": true}}}
	rule.applicable with input as {"gpu": {"smi": {"gpu-count": 4}}, "os": {"kmod": {}}}
}
