# METADATA
# title: The operating system release gets security updates
# description: |
#   A release after its end of life gets no fixes. Judged are the release in os-release and, where
#   known, the release in the kubelet's os-image: if they differ, both must be supported, because one
#   of them is the host. A release that the table does not list is not known to be supported.
# related_resources:
#   - ref: https://endoflife.date/ubuntu
#     description: End-of-life dates of Ubuntu
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/platform-support.html
#     description: Operating systems that the GPU Operator supports
# custom:
#   id: OS-001
#   severity: high
#   scope: node
#   requires: [os.release.ID, os.release.VERSION_ID]
#   reads: [k8s.node.os-image]
#   tables: [os_eol]
#   params:
#     warn_days:
#       type: integer
#       default: 180
#       minimum: 0
#       maximum: 3650
#       description: Days before the end of support from which the rule warns; raise it if moving to a new release takes you longer to plan.
#   controls:
#     - {framework: nist-800-53, id: SA-22}
#     - {framework: nvidia-docs, id: gpu-operator/platform-support}
#   remediation: |
#     Build the node image on a supported release that is in the GPU Operator's platform support matrix
#     (Ubuntu 24.04 is good until 2029), start a node pool with it, and drain the old nodes one by one:
#     kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
package eidos.os_hardening.release_supported

import data.eidos.lib.dates
import data.eidos.lib.distributions
import data.eidos.lib.findings

known := data.tables.os_eol.distributions

shown := sprintf("%v %v", [input.os.release.ID, input.os.release.VERSION_ID])

from_release := distributions.of_release(input.os.release, known)

claims contains {"path": "os.release.VERSION_ID", "says": "os-release", "shown": shown, "found": from_release}

claims contains claim if {
	image := input.k8s.node["os-image"]
	claim := {"path": "k8s.node.os-image", "says": "the kubelet's os-image", "shown": image, "found": distributions.of_image(image, known)}
}

deny contains finding if {
	some claim in claims
	day := known[claim.found.id].releases[claim.found.release]
	dates.over(day)
	finding := {
		"msg": sprintf(
			"%v ended on %v for %v (said by %v), expected a supported release.",
			[support(claim), day, claim.shown, claim.says],
		),
		"path": claim.path,
		"actual": claim.shown,
		"expected": "a release before its end of life",
	}
}

warn contains finding if {
	some claim in claims
	day := known[claim.found.id].releases[claim.found.release]
	not dates.over(day)
	dates.days_until(day) <= data.params.warn_days
	finding := {
		"msg": sprintf(
			"%v ends on %v for %v (said by %v), expected more than %v days from now.",
			[support(claim), day, claim.shown, claim.says, data.params.warn_days],
		),
		"path": claim.path,
		"actual": day,
		"expected": sprintf("more than %v days away", [data.params.warn_days]),
	}
}

# Whose security updates they are: what a contract buys beyond them is not meant.
support(claim) := known[claim.found.id].support

deny contains finding if {
	not from_release
	finding := {
		"msg": sprintf("%v is not in the table of releases with security updates, expected one that is.", [findings.quoted(shown)]),
		"path": "os.release.VERSION_ID",
		"actual": shown,
		"expected": "a release in the table os_eol",
	}
}

# Container-Optimized OS names no release in its os-image.
deny contains finding if {
	image := input.k8s.node["os-image"]
	names_release(image)
	not listed_image(image)
	finding := {
		"msg": sprintf("The kubelet runs on %v, which is not in the table of releases with security updates, expected one that is.", [findings.quoted(image)]),
		"path": "k8s.node.os-image",
		"actual": image,
		"expected": "a release in the table os_eol",
	}
}

listed_image(image) if distributions.of_image(image, known)

names_release(image) if not is_string(image)

names_release(image) if {
	is_string(image)

	# eidos:ignore regex-unbounded -- a digit anywhere is a release
	regex.match(`[0-9]`, image)
}
