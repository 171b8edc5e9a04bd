package eidos.gpu.coherent_memory_by_driver_test

import data.eidos.gpu.coherent_memory_by_driver as rule

facts(model, mode) := {"gpu": {"smi": {"gpu.model": model}, "driver-params": {"CoherentGPUMemoryMode": mode}}}

params := {"models": ["GH200", "GB200"]}

denied(mode) := findings if findings := rule.deny with input as facts("NVIDIA GB200", mode) with data.params as params

test_driver_passes if count(denied("driver")) == 0

test_default_fails if {
	some finding in denied("")
	finding.msg == `The kernel owns the memory of NVIDIA GB200: CoherentGPUMemoryMode is "", expected driver.`
}

test_odd_values_fail if count(denied("perhaps")) == 1

test_other_gpus_are_not_asked if {
	rule.applicable with input as facts("NVIDIA GB200", "") with data.params as params
	not rule.applicable with input as facts("NVIDIA H100 80GB HBM3", "") with data.params as params
}
