package eidos.lib.gpus_test

import data.eidos.lib.gpus

test_named_by_index_and_bus if {
	gpus.name({"index": 3, "pcie": {"bus-id": "0000:3b:00.0"}}) == "GPU 3 (0000:3b:00.0)"
	gpus.name({"index": 3}) == "GPU 3"
	gpus.name({}) == "GPU ?"
}

test_a_finding_keeps_its_key if {
	found := gpus.finding(0, {"index": 3, "uuid": "GPU-1"}, "ecc.current", {"msg": "is odd", "actual": 1, "expected": 2})
	found.msg == "GPU 3 is odd."
	found.path == "gpu.devices.devices[0].ecc.current"
	found.key == "GPU-1 ecc.current"
}

test_network_cards_are_no_gpus if {
	every name in ["nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb", "nvidia.com/GH100_H100_SXM5_80GB"] {
		gpus.resource(name)
	}
	every name in ["nvidia.com/mlnxnics", "nvidia.com/rdma-vf", "nvidia.com/ib", "cpu"] {
		not gpus.resource(name)
	}
}
