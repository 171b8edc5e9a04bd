# METADATA
# title: Images are releases, not builds on the way to one
# description: |
#   Builds of a branch, a pull request or a release candidate have no support and appear in no advisory, so
#   scanners cannot report their vulnerabilities. They are recognised by words in the tag.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/190/final
#     description: NIST SP 800-190, Application Container Security Guide
# custom:
#   id: SUP-014
#   severity: low
#   scope: cluster
#   requires: [k8s.image]
#   params:
#     allowed:
#       type: array
#       items: string
#       default: []
#       description: Image names, without registry and tag, of which pre-releases may run; add one only while you test it.
#     unreleased:
#       type: string
#       format: regex
#       default: '(?i)(?:^|[-_.+])(?:dev|devel|snapshot|nightly|alpha|beta|rc|pr|wip|dirty|canary)[-.]?[0-9]*(?:$|[-_.+])'
#       description: Regular expression for tags, in lower case, that are no release; extend it for the habits of your own builds.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#     - {framework: nist-800-53, id: SR-3}
#     - {framework: nist-800-190, id: 4.2.2}
#   remediation: |
#     Set the tag to a release of the same project in its chart's values and roll it out. If no release
#     has the fix you need, put the image's name into params.allowed of SUP-014, or a waiver with a date.
package eidos.supply_chain.images_released

import data.eidos.lib.images

deny contains finding if {
	some image in images.listed(input.k8s.image)
	not image.name in data.params.allowed
	is_string(image.tag)
	regex.match(data.params.unreleased, lower(image.tag))
	finding := {
		"msg": sprintf("Image %v runs with tag %v, a build that was not released, expected a release.", [image.name, image.tag]),
		"path": images.path(image),
		"actual": image.tag,
		"expected": "the tag of a release",
	}
}
