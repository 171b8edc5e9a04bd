# METADATA
# title: The GPU Operator is of a supported line and above its security floor
# description: |
#   NVIDIA supports the newest release line, deprecates the one before it and ends all others. Below the
#   floor, the operator or the toolkit that it ships has a published vulnerability. For a line that is newer
#   than the table the rule warns, since its support is not known.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/life-cycle-policy.html
#     description: Life cycle of the GPU Operator
#   - ref: https://github.com/NVIDIA/product-security/tree/main/2026/5850
#     description: NVIDIA security bulletin 5850, June 2026
# custom:
#   id: OPR-001
#   severity: high
#   scope: cluster
#   requires: [k8s.image]
#   tables: [gpu_operator_lines]
#   params:
#     unlisted_line:
#       type: string
#       default: warn
#       values: [fail, warn, ignore]
#       description: "What happens with a GPU Operator line that the table does not list: fail, warn, or ignore (not judged); choose fail to allow only known lines."
#   controls:
#     - {framework: nvidia-bulletin, id: "5850"}
#     - {framework: nvidia-docs, id: gpu-operator/life-cycle-policy}
#     - {framework: nist-800-53, id: SA-22}
#     - {framework: nist-800-53, id: SI-2}
#   remediation: |
#     Upgrade one line at a time. Before each, read its release notes for values that are gone, and pin
#     driver.version. The last step:
#     helm upgrade gpu-operator gpu-operator --repo https://helm.ngc.nvidia.com/nvidia -n gpu-operator --version v26.7.0 --reset-then-reuse-values
#     Check that all pods get ready:
#     kubectl get pods -n gpu-operator
package eidos.operators.gpu_operator_supported

import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.versions

known := data.tables.gpu_operator_lines

running := images.named(input.k8s.image, "gpu-operator")

# What a site chose to ignore was not judged, so it did not pass.
applicable if {
	some image in running
	not ignored(image)
}

ignored(image) if {
	data.params.unlisted_line == "ignore"
	is_unlisted(versions.line(image.tag))
	not versions.older(image.tag, known.floor)
}

deny contains finding if {
	some image in running
	versions.older(image.tag, known.floor)
	finding := found(image, "is below the security floor", sprintf("%v or newer, which fixes %v", [known.floor, known.cve]))
}

deny contains finding if {
	some image in running
	line := versions.line(image.tag)
	ended(line)
	finding := found(image, sprintf("is of line %v, which is at the end of its support", [line]), listed)
}

warn contains finding if {
	some image in running
	line := versions.line(image.tag)
	known.lines[line] == "deprecated"
	finding := found(image, sprintf("is of line %v, which is deprecated", [line]), listed)
}

deny contains finding if {
	data.params.unlisted_line == "fail"
	some finding in unlisted
}

warn contains finding if {
	data.params.unlisted_line == "warn"
	some finding in unlisted
}

unlisted contains finding if {
	some image in running
	line := versions.line(image.tag)
	is_unlisted(line)
	finding := found(image, sprintf("is of line %v, whose support is not known", [line]), listed)
}

deny contains findings.unreadable(images.path(image), object.get(image, "tag", null), "a version") if {
	some image in running
	not versioned(image)
}

versioned(image) if versions.line(image.tag)

is_unlisted(line) if {
	not line in object.keys(known.lines)
	not ended(line)
}

ended(line) if {
	not line in object.keys(known.lines)
	some listed_line, _ in known.lines
	versions.older(line, listed_line)
}

listed := sprintf("line %v", [concat(" or ", sort([line | some line, status in known.lines; status == "supported"]))])

found(image, reason, expected) := {
	"msg": sprintf("GPU Operator %v %v, expected %v.", [image.tag, reason, expected]),
	"path": images.path(image),
	"actual": image.tag,
	"expected": expected,
}
