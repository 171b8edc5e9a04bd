# METADATA
# title: The node shows all its GPUs
# description: |
#   A GPU that falls off the bus disappears from nvidia-smi without any other sign. Boards with soldered GPUs
#   have few possible counts; PCIe cards may be any number. A node that has the driver loaded and shows no GPU
#   has lost them all. For a model that is in no table the count is unknown.
# related_resources:
#   - ref: https://docs.nvidia.com/deploy/xid-errors/index.html
#     description: XID errors; 79 is a GPU that has fallen off the bus
#   - ref: https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html
#     description: GPU debug guidelines
# custom:
#   id: GPU-009
#   severity: high
#   scope: node
#   requires: [gpu.smi.gpu-count, os.kmod]
#   reads: [gpu.smi.gpu.model]
#   tables: [gpu_counts]
#   params:
#     expected:
#       type: object
#       items: array
#       default: {}
#       description: "Word of the GPU model's name, as H100, to the list of GPU counts that a machine with it may show; set it if a machine of yours has another count."
#   controls:
#     - {framework: nvidia-docs, id: gpu-debug-guidelines}
#     - {framework: nist-800-53, id: SI-4}
#   remediation: |
#     Look for lost GPUs (XID 79) in the node's kernel log:
#     dmesg | grep -i xid
#     Drain the node, then reboot it:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
#     If the GPU does not come back, reseat it or send it to its vendor. Where another count is right, or none is known for
#     the model, set the parameter expected of GPU-009, for example {"H100": [6]}.
package eidos.gpu.gpu_count

import data.eidos.lib.findings
import data.eidos.lib.modules
import data.eidos.lib.quantities

found := input.gpu.smi["gpu-count"]

model := input.gpu.smi["gpu.model"]

applicable if not machine_without_gpu

machine_without_gpu if {
	quantities.number(found) == 0
	not modules.loaded(input.os.kmod, "nvidia")
}

expected := object.union(data.tables.gpu_counts.counts, data.params.expected)

words := {upper(word) | some word in regex.split(`[^A-Za-z0-9]+`, model)} if is_string(model)

on_board if count(words & {card | some card in data.tables.gpu_counts.cards}) == 0

listed if {
	some name, _ in expected
	name in words
}

deny contains findings.unreadable(`gpu.smi["gpu-count"]`, found, "a number of GPUs") if not countable

countable if quantities.number(found) >= 0

deny contains finding("The node shows no GPU although the nvidia module is loaded.", "at least 1") if {
	quantities.number(found) == 0
}

deny contains findings.unreadable(`gpu.smi["gpu.model"]`, object.get(input.gpu.smi, "gpu.model", null), "a GPU model") if {
	quantities.number(found) > 0
	not words
}

deny contains finding(msg, counts) if {
	on_board
	some name, counts in expected
	name in words
	number := quantities.number(found)
	number > 0
	not number in counts
	msg := sprintf("The node shows %v GPUs, but a machine with %v has %v.", [number, model, concat(" or ", [format_int(n, 10) | some n in counts])])
}

unknown contains finding(msg, "a model whose count is known") if {
	on_board
	not listed
	quantities.number(found) > 0
	msg := sprintf("no count is known for %v, of which the node shows %v (parameter expected of GPU-009)", [model, found])
}

finding(msg, counts) := {"msg": msg, "path": `gpu.smi["gpu-count"]`, "actual": found, "expected": counts}
