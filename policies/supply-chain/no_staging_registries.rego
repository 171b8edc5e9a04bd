# METADATA
# title: No image comes from a staging or development registry
# description: |
#   Images in staging registries are not tested, not signed, not patched, and vanish without notice.
#   Judged are the repositories of the ClusterPolicy and, where the snapshot lists containers with
#   their registry, every image that runs.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/release-notes.html
#     description: Released versions of the GPU Operator
#   - ref: https://csrc.nist.gov/pubs/sp/800/190/final
#     description: NIST SP 800-190, Application Container Security Guide
# custom:
#   id: SUP-004
#   severity: high
#   scope: cluster
#   requires: [k8s.policy]
#   reads: [k8s.image]
#   params:
#     words:
#       type: array
#       items: string
#       default: [nvstaging, staging, stg, dev, devel, development, nightly, sandbox]
#       description: Words in a registry or repository name that mark builds for testing; take one out if your own registry is named so.
#   controls:
#     - {framework: nist-800-53, id: SR-3}
#     - {framework: nist-800-190, id: 4.2.1}
#   remediation: |
#     Install the released chart from https://helm.ngc.nvidia.com/nvidia without overrides of repository, or set the
#     repository that the finding names back to where releases are (for the driver: nvcr.io/nvidia).
package eidos.supply_chain.no_staging_registries

import data.eidos.lib.repositories

deny contains finding if {
	some used in repositories.used(input.k8s)
	words := repositories.words(used.repository)
	some word in data.params.words
	word in words
	finding := {
		"msg": sprintf("%v takes images from %v, a place for %v, expected a released image.", [used.by, used.repository, word]),
		"path": used.path,
		"actual": used.repository,
		"expected": "a registry of released images",
	}
}
