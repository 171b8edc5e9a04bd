# METADATA
# title: Which accelerator the nodes have
# description: |
#   By the product name that nvidia-smi and the GPU labels of a node say. The longest name of the table
#   that is in it decides, so that `NVIDIA GB200` is no B200.
# custom:
#   id: SEL-002
#   severity: info
#   scope: cluster
#   requires: [nodes.gpu.smi.gpu.model]
#   params:
#     models:
#       type: object
#       default:
#         A100: a100
#         B200: b200
#         B300: b300
#         GB200: gb200
#         GB300: gb300
#         H100: h100
#         H200: h200
#         L40: l40
#         L40S: l40s
#         RTX PRO 6000: rtx-pro-6000
#         VR200: vr200
#       description: Words in the GPU model's name to the accelerator of a recipe; add a new model here.
#   remediation: |
#     Give the accelerator where no fact says it: eidos recipe --accelerator h100
package eidos.selection.accelerator

criterion contains {
	"dimension": "accelerator",
	"value": accelerator,
	"msg": sprintf("Node %v has %v.", [name, model]),
	"path": sprintf("nodes[%v].gpu.smi[\"gpu.model\"]", [json.marshal(name)]),
	"actual": model,
} if {
	some name, facts in input.nodes
	model := facts.gpu.smi["gpu.model"]
	accelerator := data.params.models[longest(model)]
}

# Words are compared, not parts of words: H100 is in "H100 80GB HBM3", and B200 is not in "GB200".
longest(model) := name if {
	is_string(model)
	spaced := sprintf(" %v ", [upper(regex.replace(model, `[^A-Za-z0-9]+`, " "))])
	names := [[count(name), name] | some name, _ in data.params.models; contains(spaced, sprintf(" %v ", [name]))]
	sorted := sort(names)
	name := sorted[count(sorted) - 1][1]
}
