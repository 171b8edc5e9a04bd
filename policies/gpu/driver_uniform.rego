# METADATA
# title: Nodes with the same GPU run the same driver
# description: |
#   Jobs that span nodes meet every driver difference as a hang or a wrong result. Nodes that show the
#   same GPU model are taken as one pool.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html
#     description: GPU Operator, driver upgrades
# custom:
#   id: GPU-008
#   severity: high
#   scope: cluster
#   requires: [nodes.gpu.smi.driver, nodes.gpu.smi.gpu.model]
#   params:
#     named_nodes:
#       type: integer
#       default: 5
#       minimum: 1
#       maximum: 1000
#       description: How many node names a finding lists before it only counts the rest; raise it for longer messages.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     See whether a rollout is under way; if so, wait for it:
#     kubectl get nodes -L nvidia.com/gpu-driver-upgrade-state
#     If not, upgrade the driver of the nodes named here one by one, each after:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
package eidos.gpu.driver_uniform

import data.eidos.lib.findings
import data.eidos.lib.versions

models := {smi["gpu.model"] | some smi in smis}

# Nodes without GPUs show neither driver nor model.
smis[name] := smi if {
	some name, node in input.nodes
	smi := node.gpu.smi
	count({"driver", "gpu.model"} & object.keys(smi)) == 2
}

deny contains findings.unreadable(node_path(name, ".driver"), smi.driver, "a driver version") if {
	some name, smi in smis
	not versions.readable(smi.driver)
}

deny contains findings.unreadable(node_path(name, `["gpu.model"]`), smi["gpu.model"], "a GPU model") if {
	some name, smi in smis
	not is_string(smi["gpu.model"])
}

deny contains finding if {
	some model in models
	some driver in drivers(model)
	newest := newest_driver(model)
	driver != newest
	nodes := behind(model, driver)
	finding := {
		"msg": sprintf("Driver %v runs on %v with %v while others run %v: %v.", [driver, counted(nodes), model, newest, named(nodes)]),
		"path": node_path(nodes[0], ".driver"),
		"actual": driver,
		"expected": newest,
	}
}

drivers(model) := {smi.driver |
	some smi in smis
	smi["gpu.model"] == model
	versions.readable(smi.driver)
}

newest_driver(model) := ordered[count(ordered) - 1][1] if {
	ordered := sort([[versions.key(driver), driver] | some driver in drivers(model)])
}

behind(model, driver) := sort([name |
	some name, smi in smis
	smi["gpu.model"] == model
	smi.driver == driver
])

counted(nodes) := "1 node" if count(nodes) == 1

counted(nodes) := sprintf("%v nodes", [count(nodes)]) if count(nodes) > 1

named(nodes) := concat(", ", nodes) if count(nodes) <= data.params.named_nodes

named(nodes) := sprintf("%v and %v more", [concat(", ", first), count(nodes) - count(first)]) if {
	count(nodes) > data.params.named_nodes
	first := array.slice(nodes, 0, data.params.named_nodes)
}

node_path(name, key) := sprintf("nodes[%v].gpu.smi%v", [json.marshal(name), key])
