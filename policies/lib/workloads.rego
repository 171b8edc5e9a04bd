# METADATA
# title: Pods in a request to the API server
# description: |
#   Reads `input.request`, an AdmissionReview's. A pod is found wherever there is one: in a Pod, and in the
#   template of a Deployment, a Job, a CronJob, a LeaderWorkerSet, a RayCluster or any other kind. Only what
#   there will be is looked at: a deletion asks for no pod.
package eidos.lib.workloads

# METADATA
# description: Gives every pod of a request as its spec and the path of that.
pods(request) := [pod |
	request.operation in {"CREATE", "UPDATE"}
	is_object(request.object)
	walk(request.object, [keys, spec])
	_is_pod(keys, spec)
	pod := {"spec": spec, "path": concat("", array.concat(["request.object"], [_step(key) | some key in keys]))}
]

# What is below status is what happened, and not what is asked for.
_is_pod(keys, spec) if {
	is_object(spec)
	"containers" in object.keys(spec)
	not _is_status(keys)
}

_is_status(keys) if keys[0] == "status"

_step(key) := sprintf("[%v]", [key]) if is_number(key)

_step(key) := sprintf(".%v", [key]) if {
	is_string(key)
	regex.match(`^[A-Za-z_][A-Za-z0-9_-]*$`, key)
}

_step(key) := sprintf("[%v]", [json.marshal(key)]) if {
	is_string(key)
	not regex.match(`^[A-Za-z_][A-Za-z0-9_-]*$`, key)
}

_lists := ["containers", "initContainers", "ephemeralContainers"]

# METADATA
# description: Gives every container of a pod with its name, its path, and itself.
containers(pod) := [found |
	some list in _lists
	some place, container in entries(pod.spec, list)
	is_object(container)
	found := {
		"container": container, "name": object.get(container, "name", sprintf("%v[%v]", [list, place])),
		"path": sprintf("%v.%v[%v]", [pod.path, list, place]),
	}
]

# METADATA
# description: Gives the list at a key of a map; an empty one where there is none.
entries(whole, key) := list if {
	is_object(whole)
	list := whole[key]
	is_array(list)
} else := []

# METADATA
# description: Gives the map at a key of a map; an empty one where there is none.
fields(whole, key) := map if {
	is_object(whole)
	map := whole[key]
	is_object(map)
} else := {}

# METADATA
# description: |
#   Gives what cannot be read of the pods of a request, as a finding each. A rule about pods repeats it as
#   `unknown`: what cannot be read is never a pass, and never no pod.
unreadable(request) := _podless(request) | {finding |
	some pod in pods(request)
	some part in _parts(pod)
	not _fits(part)
	finding := {
		"msg": sprintf("%v is not what it should be, %v.", [part.path, _words[part.kind]]),
		"path": part.path,
	}
}

_words := {"array": "a list", "object": "a map"}

_workloads := {"CronJob", "DaemonSet", "Deployment", "Job", "Pod", "PodTemplate", "ReplicaSet", "ReplicationController", "StatefulSet"}

_podless(request) := {finding |
	request.operation in {"CREATE", "UPDATE"}
	not object.get(request, "subResource", "") in {"scale", "status"}
	request.kind.kind in _workloads
	request.kind.group in {"", "apps", "batch"}
	count(pods(request)) == 0
	finding := {"msg": sprintf("The %v holds no containers.", [request.kind.kind]), "path": "request.object"}
}

_fits(part) if {
	part.kind == "array"
	is_array(part.value)
}

_fits(part) if {
	part.kind == "object"
	is_object(part.value)
}

_parts(pod) := array.concat(_pod_parts(pod), _container_parts(pod))

_pod_parts(pod) := array.concat(
	[part |
		some key in ["ephemeralContainers", "containers", "initContainers", "resourceClaims", "tolerations", "volumes"]
		value := pod.spec[key]
		value != null
		part := {"value": value, "kind": "array", "path": sprintf("%v.%v", [pod.path, key])}
	],
	[part |
		some key in ["containers", "initContainers", "resourceClaims", "tolerations", "volumes"]
		some place, value in entries(pod.spec, key)
		part := {"value": value, "kind": "object", "path": sprintf("%v.%v[%v]", [pod.path, key, place])}
	],
)

_shapes := {"env": "array", "ports": "array", "resources": "object", "securityContext": "object"}

_container_parts(pod) := array.concat(
	[part |
		some each in containers(pod)
		some key, kind in _shapes
		value := each.container[key]
		value != null
		part := {"value": value, "kind": kind, "path": sprintf("%v.%v", [each.path, key])}
	],
	[part |
		some each in containers(pod)
		some key, kind in {"limits": "object", "requests": "object"}
		value := each.container.resources[key]
		value != null
		part := {"value": value, "kind": kind, "path": sprintf("%v.resources.%v", [each.path, key])}
	],
)

# METADATA
# description: |
#   Gives what a container asks for of resources whose names begin like one of these, as name, limit and
#   request; what is not said is absent.
resources(container, prefixes) := [object.union_n([{"name": name}, _limit(container, name), _request(container, name)]) |
	some name in _asked(container)
	strings.any_prefix_match(name, prefixes)
]

_asked(container) := {name |
	some list in ["limits", "requests"]
	some name, _ in fields(container.resources, list)
}

_limit(container, name) := {"limit": amount} if {
	amount := container.resources.limits[name]
} else := {}

_request(container, name) := {"request": amount} if {
	amount := container.resources.requests[name]
} else := {}

# METADATA
# description: Tells whether a container asks for a resource whose name begins like one of these.
asks(container, prefixes) if count(resources(container, prefixes)) > 0

# METADATA
# description: |
#   Gives the device classes that the resource claims of a pod are of. `claims` is what is known of claims
#   and their templates: kind to name to spec.
device_classes(pod, claims) := {class |
	some claim in entries(pod.spec, "resourceClaims")
	spec := _claimed(claim, claims)
	some request in entries(spec.devices, "requests")
	some class in _classes(request)
}

_claimed(claim, claims) := claims.ResourceClaim[claim.resourceClaimName]

_claimed(claim, claims) := claims.ResourceClaimTemplate[claim.resourceClaimTemplateName]

# The class stands in the request itself until v1beta1, and in one of two places from v1beta2 on.
_classes(request) := {class |
	some each in array.concat([request, fields(request, "exactly")], entries(request, "firstAvailable"))
	class := each.deviceClassName
}

# METADATA
# description: Gives the resource claims of a pod of which nobody knows what they ask for, as a finding each.
unknown_claims(pod, claims) := {finding |
	some place, claim in entries(pod.spec, "resourceClaims")
	is_object(claim)
	not _claimed(claim, claims)
	finding := {
		"msg": sprintf("What the resource claim %v asks for is not known: give its manifest as well.", [json.marshal(object.get(claim, "name", null))]),
		"path": sprintf("%v.resourceClaims[%v]", [pod.path, place]),
	}
}

# METADATA
# description: Gives the namespace that a request is about; empty for what lies in none.
namespace(request) := found if {
	found := request.namespace
	is_string(found)
} else := ""
