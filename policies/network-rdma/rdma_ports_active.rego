# METADATA
# title: Every RDMA device has an active port
# description: |
#   A device whose ports are all down carries nothing, and NCCL silently uses the next one or TCP: the job
#   runs at a fraction of its speed. List devices that are not cabled on purpose in params.uncabled.
# related_resources:
#   - ref: https://docs.nvidia.com/networking/display/mlnxofedv24100700/infiniband+fabric+utilities
#     description: InfiniBand fabric utilities
# custom:
#   id: NET-017
#   severity: high
#   scope: node
#   requires: [network.rdma]
#   params:
#     uncabled:
#       type: array
#       items: string
#       default: []
#       description: Names of RDMA devices without a cable on purpose, such as mlx5_3; their ports are not judged.
#   tags: [rdma]
#   controls:
#     - {framework: nvidia-docs, id: rdma}
#     - {framework: nist-800-53, id: CP-10}
#   remediation: |
#     Ask the device; INIT means that no subnet manager has answered, DOWN that there is no light:
#     ibstat && ip -br link
#     Look at cable, transceiver and switch port. On InfiniBand see that the subnet manager runs:
#     sminfo
package eidos.network_rdma.rdma_ports_active

applicable if count(input.network.rdma) > 0

deny contains finding if {
	some name, device in input.network.rdma
	not name in data.params.uncabled
	states := [state | some port in device.ports; state := port.state]
	count([state | some state in states; state in {"ACTIVE", "ACTIVE_DEFER"}]) == 0
	finding := {
		"msg": sprintf("RDMA device %v has no active port: %v.", [name, json.marshal(states)]),
		"path": sprintf("network.rdma.%v.ports", [name]),
		"actual": json.marshal(states),
		"expected": "ACTIVE",
		"key": name,
	}
}
