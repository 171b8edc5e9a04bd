# METADATA
# title: Custom resources have the fields of their definition
# description: |
#   The API server drops a field that a definition does not have, without a word: what was set has no effect.
#   Fields, types, listed values and fields that must be there are compared with the definitions of the
#   charts. Definitions that are given (`--crds`) go before the table, and are asked for everything but CEL.
#   What neither has is named, for nobody looked at it.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
# custom:
#   id: BOP-016
#   severity: high
#   scope: bundle
#   tables: [custom_resources]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Correct the field in the overlay that sets it. Where the definition of a newer chart has it, write the table anew:
#     .ci/bundle-tables CHARTS
package eidos.bundle_operators.custom_resources_valid

import data.eidos.lib.bundles
import data.eidos.lib.findings

known(entry) := data.tables.custom_resources.kinds[kind] if {
	kind := sprintf("%v/%v", [entry.object.apiVersion, entry.object.kind])
}

# A path in the form of the table: `[]` for an entry of a list, `*` for a key of a map.
in_table(keys, maps) := [part |
	some place, key in keys
	part := _part(key, array.slice(keys, 0, place), maps)
]

_part(key, _, _) := "[]" if is_number(key)

_part(key, before, maps) := "*" if {
	is_string(key)
	_is_map(before, maps)
}

_part(key, before, maps) := key if {
	is_string(key)
	not _is_map(before, maps)
}

_is_map(before, maps) if {
	some map in maps
	count(map) == count(before)
	every place, part in map {
		_same(part, before[place])
	}
}

_same(part, key) if part == key

_same(part, _) if part == "*"

_same(part, key) if {
	part == "[]"
	is_number(key)
}

definitions := object.get(input.bundle, "definitions", {})

checked(entry) if sprintf("objects/%d", [entry.place]) in object.get(definitions, "checked", [])

looked_at := [{"entry": entry, "keys": keys, "value": found, "schema": schema, "above": above} |
	some entry in bundles.objects(input.bundle)
	not checked(entry)
	definition := known(entry)
	walk(entry.object, [keys, found])
	count(keys) > 0
	not keys[0] in {"apiVersion", "kind", "metadata", "status"}
	form := in_table(keys, definition.maps)
	schema := object.get(definition.fields, form, "unknown")
	above := _above(definition.fields, form)
]

_above(fields, form) := fields if count(form) == 1

_above(fields, form) := object.get(fields, array.slice(form, 0, count(form) - 1), "unknown") if count(form) > 1

named(each) := concat(".", [text | some key in each.keys; text := _text(key)])

_text(key) := key if is_string(key)

_text(key) := format_int(key, 10) if is_number(key)

path(each) := sprintf("%v.%v", [bundles.object_path(each.entry), named(each)])

# Only the topmost unknown field is told: what is above it is a map of the definition.
deny contains {
	"msg": sprintf("%v has a field %v that its definition does not have; it would be dropped.", [bundles.named(each.entry), named(each)]),
	"path": path(each),
	"actual": each.keys[count(each.keys) - 1],
	"expected": "a field of the definition",
} if {
	some each in looked_at
	each.schema == "unknown"
	is_object(each.above)
}

deny contains {
	"msg": sprintf("%v has %v in %v.", [bundles.named(each.entry), findings.quoted(each.value), named(each)]),
	"path": path(each),
	"actual": each.value,
	"expected": wanted,
} if {
	some each in looked_at
	each.value != null
	wanted := _wanted(each.schema, each.value)
}

_wanted(schema, value) := sprintf("one of %v", [json.marshal(schema)]) if {
	is_array(schema)
	not value in schema
}

_wanted(schema, value) := schema if {
	schema in {"string", "boolean", "integer", "number"}
	not _is_of(schema, value)
}

_wanted(schema, value) := "a list" if {
	is_object(schema)
	schema["[]"]
	not is_array(value)
}

_wanted(schema, value) := "a map" if {
	is_object(schema)
	not schema["[]"]
	not is_object(value)
}

_is_of(schema, value) if {
	schema == "string"
	is_string(value)
}

_is_of(schema, value) if {
	schema == "boolean"
	is_boolean(value)
}

_is_of(schema, value) if {
	schema in {"integer", "number"}
	is_number(value)
}

deny contains {
	"msg": sprintf("%v lacks %v in %v.", [bundles.named(each.entry), field, named(each)]),
	"path": path(each),
	"actual": "absent",
	"expected": field,
} if {
	some each in looked_at
	is_object(each.schema)
	is_object(each.value)
	some field in object.get(each.schema, "!", [])
	object.get(each.value, field, "absent") == "absent"
}

# What was found by the definitions that were given; an entry is `objects/3` or `deployment/0`.
deny contains {
	"msg": sprintf("%v: %v: %v", [bundles.named({"object": entry.object}), problem.path, problem.said]),
	"path": sprintf("bundle.%v[%v].object.%v", [list, place, problem.path]),
	"expected": "as its definition has it",
} if {
	some problem in object.get(definitions, "problems", [])
	[list, number] := split(problem.entry, "/")
	place := to_number(number)
	entry := input.bundle[list][place]
}

warn contains {
	"msg": sprintf("%v: nobody knows a definition of %v/%v, so its fields were not looked at.", [
		bundles.named(entry), entry.object.apiVersion, entry.object.kind,
	]),
	"path": bundles.object_path(entry),
	"fix": "Give the definitions of its chart: --crds DIR",
} if {
	some entry in bundles.objects(input.bundle)
	not bundles.builtin(entry.object)
	not checked(entry)
	not known(entry)
}
