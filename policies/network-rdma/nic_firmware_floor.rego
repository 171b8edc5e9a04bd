# METADATA
# title: ConnectX and BlueField firmware has the latest fixes
# description: |
#   With firmware below the floors of the bulletin, whoever has one virtual function, as every pod with RDMA
#   does, can stop or take over the card. Each long-term line has its own floor.
# related_resources:
#   - ref: https://nvidia.custhelp.com/app/answers/detail/a_id/5699
#     description: Security bulletin, ConnectX and BlueField firmware
# custom:
#   id: NET-008
#   severity: high
#   scope: node
#   requires: [network.rdma]
#   tables: [nic_firmware]
#   tags: [rdma, firmware]
#   controls:
#     - {framework: nvidia-bulletin, id: "5699"}
#     - {framework: nist-800-53, id: SI-2}
#     - {framework: nist-800-53, id: RA-5}
#   remediation: |
#     See which there are:
#     ibv_devinfo | grep -E 'hca_id|fw_ver|board_id'
#     Drain the node, whose network will go down:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     Flash the newest firmware of the line for the board, then reset the card:
#     mlxfwmanager --online -u && mlxfwreset -d DEVICE reset
#     On GB200, B200 and B300 the card cannot be reset: cycle the power of the machine instead. Firmware that came with the
#     machine (a cloud's) is the vendor's to upgrade.
package eidos.network_rdma.nic_firmware_floor

import data.eidos.lib.versions

mellanox[name] := device if {
	some name, device in input.network.rdma
	device["vendor-id"] == "0x15b3"
}

applicable if count(mellanox) > 0

deny contains finding if {
	some name, device in mellanox
	firmware := object.get(device, "firmware", "absent")
	not patched(firmware)
	finding := {
		"msg": sprintf("RDMA device %v has firmware %v, below the floor of its line.", [name, firmware]),
		"path": sprintf("network.rdma.%v.firmware", [name]),
		"actual": firmware,
		"expected": concat(", ", [sprintf("xx.%v.%v", [line, floor]) | some line, floor in data.tables.nic_firmware.floors]),
		"key": name,
	}
}

patched(firmware) if {
	numbers := versions.numbers(firmware)
	floor := data.tables.nic_firmware.floors[format_int(numbers[1], 10)]
	numbers[2] >= to_number(floor)
}

patched(firmware) if versions.numbers(firmware)[1] > data.tables.nic_firmware.newest
