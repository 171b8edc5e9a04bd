# METADATA
# title: Images are pinned
# description: |
#   The tag latest, or no tag at all, is another image tomorrow: what was tested is not what runs after a
#   restart. A digest must be complete. What reboots nodes must be pinned by digest, or the rule warns.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/
# custom:
#   id: BHY-002
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-190, id: 4.1.1}
#   remediation: |
#     Write a full version as the tag, or a digest; for NodeWright packages set containerSHA.
package eidos.bundle_hygiene.images_fixed

import data.eidos.lib.bundles
import data.eidos.lib.findings
import data.eidos.lib.images

# As in SUP-001; an empty tag is the chart's own.
moving := {"latest", "main", "master", "edge", "nightly", "dev", "devel", "stable", "head"}

tags := {"tag", "version", "imageTag"}

deny contains {
	"msg": sprintf("%v is %v, which is another image tomorrow.", [bundles.key(leaf.keys), findings.quoted(leaf.value)]),
	"path": leaf.path,
	"actual": leaf.value,
	"expected": "a full version, or a digest",
} if {
	some leaf in bundles.leaves(input.bundle)
	bundles.key(leaf.keys) in tags
	is_string(leaf.value)
	lower(leaf.value) in moving
}

deny contains {
	"msg": sprintf("The image %v has no tag that stays.", [findings.quoted(leaf.value)]),
	"path": leaf.path,
	"actual": leaf.value,
	"expected": "a full version, or a digest",
} if {
	some leaf in bundles.leaves(input.bundle)
	references(leaf)
	parsed := images.parse(leaf.value)
	not parsed.digest
	object.get(parsed, "tag", "latest") in moving
}

# Where a tag stands beside it, an image is only a name.
references(leaf) if {
	bundles.key(leaf.keys) == "image"
	is_string(leaf.value)
	is_object_of_pod(leaf.keys)
}

references(leaf) if {
	bundles.key(leaf.keys) == "image"
	is_string(leaf.value)
	contains(leaf.value, ":")
}

is_object_of_pod(keys) if {
	some key in ["containers", "initContainers"]
	key in keys
}

digests := {"containerSHA", "digest", "sha"}

deny contains {
	"msg": sprintf("%v is no digest.", [findings.quoted(leaf.value)]),
	"path": leaf.path,
	"actual": leaf.value,
	"expected": "sha256: and 64 hexadecimal digits",
} if {
	some leaf in bundles.leaves(input.bundle)
	bundles.key(leaf.keys) in digests
	not is_digest(leaf.value)
	not leaf.value in ["", null]
}

is_digest(value) if {
	is_string(value)
	regex.match(`^(?:sha256:)?[0-9a-f]{64}$`, value)
}

warn contains {
	"msg": sprintf("The package %v reboots nodes and is not pinned by digest.", [name]),
	"path": sprintf("%v.spec.packages[%v]", [bundles.object_path(entry), json.marshal(name)]),
	"actual": object.get(each, "version", ""),
	"expected": "containerSHA",
} if {
	some entry in bundles.objects(input.bundle)
	packages := entry.object.spec.packages
	is_object(packages)
	some name, each in packages
	each.interrupt.type == "reboot"
	not each.containerSHA
}
