# METADATA
# title: What was rendered of a recipe
# description: |
#   Reads `input.bundle`: values and objects of each component. Values are what the bundle sets; what
#   it leaves to the chart is absent, so a rule says what the chart does then.
package eidos.lib.bundles

# METADATA
# description: Tells whether a component is part of the bundle.
has(bundle, component) if is_object(bundle.components[component])

# METADATA
# description: |
#   Gives the value at some keys of a component's values, and the last argument where the bundle sets none.
#   What is below something that is no map is not set either.
value(bundle, component, keys, otherwise) := object.get(_values(bundle, component), keys, otherwise)

_values(bundle, component) := values if {
	values := bundle.components[component].values
	is_object(values)
} else := {}

# METADATA
# description: Gives the path of a value, as findings name it.
path(component, keys) := sprintf("bundle.components[%v].values.%v", [json.marshal(component), concat(".", keys)])

# METADATA
# description: Gives the objects of a bundle that have a kind, each with its place in the list.
objects(bundle) := [object.union(entry, {"place": place}) |
	some place, entry in bundle.objects
	is_string(entry.object.kind)
	is_string(entry.object.apiVersion)
]

# METADATA
# description: Gives the objects of one kind in an API group, whatever the version.
of_kind(bundle, group, kind) := [entry |
	some entry in objects(bundle)
	entry.object.kind == kind
	api_group(entry.object) == group
]

# METADATA
# description: Gives the API group of an object; empty for the core.
api_group(object) := parts[0] if {
	parts := split(object.apiVersion, "/")
	count(parts) == 2
} else := ""

# METADATA
# description: Tells whether Kubernetes itself defines the kind of an object, by its API group.
builtin(object) if api_group(object) in _builtin

_builtin := {
	"", "apps", "autoscaling", "batch", "policy",
	"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io",
	"coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io",
	"networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io",
	"scheduling.k8s.io", "storage.k8s.io",
}

# METADATA
# description: Gives the path of an object, as findings name it.
object_path(entry) := sprintf("bundle.objects[%v].object", [entry.place])

# METADATA
# description: Gives how people call an object, kind and name.
named(entry) := sprintf("%v %v", [entry.object.kind, entry.object.metadata.name]) if {
	is_string(entry.object.metadata.name)
} else := entry.object.kind

# METADATA
# description: Gives the service that the recipe is for; empty where it says none.
service(bundle) := found if {
	found := bundle.criteria.service
	is_string(found)
} else := ""

# METADATA
# description: Tells whether somebody else runs the control plane.
managed(bundle) if service(bundle) in {"aks", "eks", "gke", "lke", "oke"}

# METADATA
# description: |
#   Gives every value that is no map and no list, of values and of objects, with the keys that lead to it,
#   its path, and the component.
leaves(bundle) := array.concat(_value_leaves(bundle), _object_leaves(bundle))

_value_leaves(bundle) := [leaf |
	some name, component in bundle.components
	walk(component.values, [keys, found])
	_is_leaf(found)
	leaf := {"component": name, "keys": keys, "value": found, "path": path(name, _texts(keys))}
]

_object_leaves(bundle) := [leaf |
	some entry in objects(bundle)
	walk(entry.object, [keys, found])
	_is_leaf(found)
	leaf := {
		"component": object.get(entry, "component", ""), "keys": keys, "value": found,
		"path": concat(".", array.concat([object_path(entry)], _texts(keys))),
	}
]

# METADATA
# description: Gives the last key that is text of some keys; empty where there is none.
key(keys) := texts[count(texts) - 1] if {
	texts := [each | some each in keys; is_string(each)]
	count(texts) > 0
} else := ""

_is_leaf(value) if {
	not is_array(value)
	not is_object(value)
}

_texts(keys) := [text | some each in keys; text := _text(each)]

_text(each) := each if is_string(each)

_text(each) := format_int(each, 10) if is_number(each)

# METADATA
# description: Gives every toleration of values and objects, with its component and path.
tolerations(bundle) := array.concat(_value_tolerations(bundle), _object_tolerations(bundle))

_value_tolerations(bundle) := [found |
	some name, component in bundle.components
	walk(component.values, [keys, each])
	_tolerates(keys, each)
	found := {"toleration": each, "component": name, "path": path(name, _texts(keys))}
]

_object_tolerations(bundle) := [found |
	some entry in objects(bundle)
	walk(entry.object, [keys, each])
	_tolerates(keys, each)
	found := {
		"toleration": each, "component": object.get(entry, "component", ""),
		"path": concat(".", array.concat([object_path(entry)], _texts(keys))),
	}
]

_tolerates(keys, each) if {
	is_object(each)
	count(keys) > 1
	is_number(keys[count(keys) - 1])
	name := keys[count(keys) - 2]
	is_string(name)
	endswith(name, "olerations")
}

# METADATA
# description: Tells whether a toleration takes any taint.
wildcard(toleration) if {
	object.get(toleration, "operator", "Equal") == "Exists"
	object.get(toleration, "key", "") in {"", null}
}
