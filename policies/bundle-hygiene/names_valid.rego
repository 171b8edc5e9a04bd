# METADATA
# title: Object names are valid and unique
# description: |
#   A name that the API server refuses stops a rollout half way. Two objects with the same kind, namespace and
#   name overwrite each other. Names with characters of a shell or template language are an attempt at
#   injection.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
# custom:
#   id: BHY-009
#   severity: high
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: SI-10}
#   remediation: |
#     Correct metadata.name in the overlay: lower case letters, digits, - and . only.
package eidos.bundle_hygiene.names_valid

import data.eidos.lib.bundles
import data.eidos.lib.findings

deny contains {
	"msg": sprintf("%v cannot be the name of a %v.", [findings.quoted(found), entry.object.kind]),
	"path": sprintf("%v.metadata.name", [bundles.object_path(entry)]),
	"actual": found,
	"expected": "lower case letters, digits, - and .",
} if {
	some entry in bundles.objects(input.bundle)
	found := object.get(object.get(entry.object, "metadata", {}), "name", null)
	not valid(found)
}

valid(name) if {
	is_string(name)
	count(name) <= 253
	regex.match(`^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$`, name)
}

deny contains {
	"msg": sprintf("%v is there %v times.", [key, count(places)]),
	"path": sprintf("bundle.objects[%v].object", [max(places)]),
	"actual": count(places),
	"expected": "once",
} if {
	some key, places in by_key
	count(places) > 1
}

by_key[key] := places if {
	some entry in bundles.objects(input.bundle)
	key := called(entry.object)
	places := {other.place | some other in bundles.objects(input.bundle); called(other.object) == key}
}

called(object_) := sprintf("%v/%v/%v/%v", [bundles.api_group(object_), object_.kind, namespace, object_.metadata.name]) if {
	namespace := object.get(object_.metadata, "namespace", "")
	is_string(namespace)
	is_string(object_.metadata.name)
}

deny contains {
	"msg": sprintf("%v is no name of a component or namespace.", [findings.quoted(found)]),
	"path": sprintf("bundle.components[%v]", [json.marshal(name)]),
	"actual": found,
	"expected": "lower case letters, digits and -",
} if {
	some name, component in input.bundle.components
	some found in [name, component.namespace]
	not valid(found)
}
