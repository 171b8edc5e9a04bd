package eidos.network_rdma.dma_buf_possible_test

import data.eidos.network_rdma.dma_buf_possible as rule

params := {
	"kernel": "5.12",
	"cuda": "11.7",
	"architectures": ["Turing", "Hopper", "Blackwell"],
	"rdma_modules": ["ib_uverbs", "efa"],
	"peer_modules": ["nvidia_peermem", "nv_peer_mem"],
}

good := {"kernel": "6.8.0-1028-aws", "cuda": "13.1", "architecture": "Blackwell", "policy": {}, "modules": ["ib_uverbs"], "gpus": 4}

facts(changes) := {
	"gpu": {"smi": {"gpu-count": node.gpus, "cuda-version": node.cuda, "gpu.product-architecture": node.architecture}},
	"os": {"kmod": {name: true | some name in node.modules}, "sysctl": {"/proc/sys/kernel/osrelease": node.kernel}},
	"k8s": {"policy": node.policy},
} if {
	node := object.union(good, changes)
}

denied(changes) := findings if {
	findings := rule.deny with input as facts(changes) with data.params as params
}

relevant(changes) if {
	rule.applicable with input as facts(changes) with data.params as params
}

test_possible_passes if count(denied({})) == 0

test_old_kernel_fails if {
	some finding in denied({"kernel": "5.4.0-150-generic"})
	finding.msg == "The kernel is 5.4.0-150-generic, expected 5.12 or newer for DMA-BUF."
}

test_compares_numbers_not_text if count(denied({"kernel": "5.9.0"})) == 1

test_old_cuda_fails if count(denied({"cuda": "11.4"})) == 1

test_old_gpu_fails if {
	some finding in denied({"architecture": "Volta"})
	finding.path == `gpu.smi["gpu.product-architecture"]`
}

test_proprietary_modules_fail if count(denied({"policy": {"driver.kernelModuleType": "proprietary"}})) == 1

test_odd_module_type_fails if {
	count(denied({"policy": {"driver.kernelModuleType": null}})) == 1
	count(denied({"policy": {"driver.kernelModuleType": "opne"}})) == 1
}

test_open_modules_pass if count(denied({"policy": {"driver.kernelModuleType": "open"}})) == 0

test_driver_of_the_host_is_not_judged if {
	count(denied({"policy": {"driver.kernelModuleType": "proprietary", "driver.enabled": "false"}})) == 0
}

test_odd_values_fail if {
	count(denied({"kernel": null})) == 1
	count(denied({"cuda": 13.1})) == 1
	count(denied({"architecture": null})) == 1
}

test_missing_values_fail if {
	findings := rule.deny with input as facts({}) with input.gpu.smi as {"gpu-count": 8} with data.params as params
	count(findings) == 2
}

test_applicable_to_rdma_without_peer_modules if {
	relevant({})
	relevant({"modules": ["efa"]})
	not relevant({"modules": ["ib_uverbs", "nvidia_peermem"]})
	not relevant({"modules": []})
	not relevant({"gpus": 0})
	not relevant({"gpus": "none"})
}
