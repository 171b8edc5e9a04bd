package eidos.network_rdma.rdma_path_consistent_test

import data.eidos.network_rdma.rdma_path_consistent as rule

facts(loaded, policy) := {
	"os": {"kmod": {name: true | some name in loaded}},
	"k8s": {"policy": policy},
}

denied(loaded, policy) := findings if {
	findings := rule.deny with input as facts(loaded, policy)
}

off := {"driver.rdma.enabled": "false"}

on := {"driver.rdma.enabled": "true"}

test_dma_buf_passes if count(denied(["nvidia", "ib_core"], off)) == 0

test_peermem_as_declared_passes if count(denied(["nvidia", "ib_core", "nvidia_peermem"], on)) == 0

test_no_declaration_passes if count(denied(["nvidia", "ib_core"], {})) == 0

test_declared_and_not_loaded_fails if {
	some finding in denied(["nvidia", "ib_core"], on)
	finding.msg == "driver.rdma.enabled is true, but nvidia_peermem is not loaded, expected it loaded or the switch off."
	finding.path == `k8s.policy["driver.rdma.enabled"]`
}

test_loaded_and_not_declared_fails if {
	some finding in denied(["nvidia", "ib_core", "nvidia_peermem"], off)
	finding.path == "os.kmod.nvidia_peermem"
}

test_modules_of_the_host_pass if {
	host := object.union(off, {"driver.enabled": "false"})
	count(denied(["nvidia", "ib_core", "nvidia_peermem"], host)) == 0
	count(denied(["nvidia", "ib_core", "nvidia_peermem"], object.union(host, {"driver.enabled": "who knows"}))) == 1
}

test_two_modules_fail if count(denied(["nvidia", "ib_core", "nvidia_peermem", "nv_peer_mem"], on)) == 1

test_odd_switch_fails if {
	count(denied(["nvidia", "ib_core"], {"driver.rdma.enabled": "maybe"})) == 1
	count(denied(["nvidia", "ib_core"], {"driver.rdma.enabled": null})) == 1
}

test_node_without_rdma_is_not_applicable if {
	not rule.applicable with input as facts(["nvidia"], on)
	not rule.applicable with input as facts(["ib_core"], on)
	rule.applicable with input as facts(["nvidia", "ib_core"], on)
}
