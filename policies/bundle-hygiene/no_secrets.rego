# METADATA
# title: No secret is in values or resources
# description: |
#   A bundle is committed, copied and shown. A password, token or private key in it is known to everybody who
#   can read the repository, and to its history for ever. Secrets belong in the cluster, by a name that the
#   values refer to.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/secret/
# custom:
#   id: BHY-001
#   severity: critical
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: IA-5}
#     - {framework: nist-800-190, id: 4.1.4}
#   remediation: |
#     Take the value out and refer to a Secret of the cluster (existingSecret, secretKeyRef, imagePullSecrets); change the secret,
#     since it has been seen.
package eidos.bundle_hygiene.no_secrets

import data.eidos.lib.bundles
import data.eidos.lib.secrets

deny contains {
	"msg": sprintf("%v holds what its name calls a secret.", [bundles.key(leaf.keys)]),
	"path": leaf.path,
	"actual": "(not shown)",
	"expected": "a reference to a Secret",
} if {
	some leaf in bundles.leaves(input.bundle)
	is_string(leaf.value)
	leaf.value != ""
	secrets.named(bundles.key(leaf.keys))
	not is_reference(leaf)
}

# A name of a Secret, or a switch, is none.
is_reference(leaf) if regex.match(`^(?:true|false)$`, leaf.value)

is_reference(leaf) if {
	some part in leaf.keys
	is_string(part)

	# eidos:ignore regex-unbounded -- keys carry these words with anything around them
	regex.match(`(?i)(?:secretref|secretkeyref|secretname|existingsecret)`, part)
}

deny contains {
	"msg": sprintf("%v holds %v.", [bundles.key(leaf.keys), kind]),
	"path": leaf.path,
	"actual": "(not shown)",
	"expected": "a reference to a Secret",
} if {
	some leaf in bundles.leaves(input.bundle)
	kind := secrets.recognised(leaf.value)
}

deny contains {
	"msg": sprintf("The variable %v holds what its name calls a secret.", [each.name]),
	"path": bundles.path(name, ["env"]),
	"actual": "(not shown)",
	"expected": "valueFrom.secretKeyRef",
} if {
	some name, component in input.bundle.components
	walk(component.values, [_, each])
	is_object(each)
	is_string(each.name)
	is_string(each.value)
	each.value != ""
	secrets.named(each.name)
}

deny contains {
	"msg": sprintf("%v is a Secret with data.", [bundles.named(entry)]),
	"path": bundles.object_path(entry),
	"actual": "(not shown)",
	"expected": "a Secret that is in the cluster already",
} if {
	some entry in bundles.of_kind(input.bundle, "", "Secret")
	some part in ["data", "stringData"]
	count(entry.object[part]) > 0
}
