# METADATA
# title: What configures drivers and fabrics is changed by its owners only
# description: |
#   One edit of a ClusterPolicy restarts the driver on every node and ends every training run. Such objects
#   are changed only by the pipeline that owns them, whose groups are listed in params.owners. Some fields can
#   only be changed by creating the object again (params.immutable). Changes can be limited to some days of
#   the week (params.change_days). With eidos admit, --as and --as-group say who deploys the manifests.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html
#     description: GPU Operator, driver upgrades
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-configuration.html
#     description: GPU Operator, NVIDIADriver
# custom:
#   id: ADM-007
#   severity: high
#   scope: admission
#   params:
#     protected:
#       type: array
#       items: string
#       default:
#         - nvidia.com/ClusterPolicy
#         - nvidia.com/NVIDIADriver
#         - mellanox.com/NicClusterPolicy
#         - nodewright.nvidia.com/NodeWright
#         - skyhook.nvidia.com/Skyhook
#         - resource.nvidia.com/ComputeDomain
#         - apps.nvidia.com/NIMService
#       description: Objects that only owners may change, as group/Kind; add the resources of your own operators.
#     owners:
#       type: array
#       items: string
#       default:
#         - system:masters
#         - system:serviceaccounts:argocd
#         - system:serviceaccounts:flux-system
#         - system:serviceaccounts:gpu-operator
#         - system:serviceaccounts:kube-system
#         - system:serviceaccounts:network-operator
#         - system:serviceaccounts:nim-operator
#         - system:serviceaccounts:nvidia-dra-driver
#         - system:serviceaccounts:nvidia-network-operator
#         - system:serviceaccounts:nvidia-nim
#         - system:serviceaccounts:skyhook
#       description: Groups that may change protected objects; operators need it for annotations and finalizers. Add your deployer's group.
#     immutable:
#       type: array
#       items: string
#       default: [nvidia.com/NVIDIADriver spec.driverType, nvidia.com/NVIDIADriver spec.usePrecompiled]
#       description: Fields that nobody may change after creation, as group/Kind and the path of the field.
#     change_days:
#       type: array
#       items: string
#       values: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday]
#       default: []
#       description: Days of the week, in UTC, on which protected objects may be changed; empty allows any day.
#   controls:
#     - {framework: nist-800-53, id: CM-5}
#     - {framework: nist-800-53, id: AC-6}
#     - {framework: cis-kubernetes, id: 5.1.12}
#   remediation: |
#     Make the change where the pipeline reads it, and let its identity apply it. For a field that cannot change,
#     delete the object and create it again, in a window in which nodes may lose their driver.
package eidos.admission.protected_resources

import data.eidos.lib.findings

applicable if {
	kind in data.params.protected
	changes
}

kind := sprintf("%v/%v", [input.request.kind.group, input.request.kind.kind])

# Controllers write the state of what they control, which changes nothing.
changes if {
	input.request.operation in {"CREATE", "UPDATE", "DELETE"}
	object.get(input.request, "subResource", "") != "status"
}

groups := input.request.userInfo.groups

deny contains {
	"msg": sprintf("%v is not of a group that may change a %v.", [user, input.request.kind.kind]),
	"path": "request.userInfo.groups",
	"actual": groups,
	"expected": data.params.owners,
} if {
	known
	count(owning) == 0
}

owning := [group |
	known
	some group in groups
	group in data.params.owners
]

user := findings.quoted(input.request.userInfo.username)

user := "Who asks" if not input.request.userInfo.username

unknown contains {
	"msg": "Who changes it is not known: say so with eidos admit --as-group.",
	"path": "request.userInfo",
} if not known

known if is_array(groups)

deny contains {
	"msg": sprintf("%v cannot change from %v to %v.", [field.path, findings.quoted(before), findings.quoted(after)]),
	"path": sprintf("request.object.%v", [field.path]),
	"actual": after,
	"expected": before,
} if {
	some field in fixed_fields
	before := at(input.request.oldObject, field.steps)
	after := at(input.request.object, field.steps)
	before != after
}

unknown contains {
	"msg": "What there was before is not known, and some of its fields cannot change: give it with eidos admit --inventory.",
	"path": "request.oldObject",
} if {
	input.request.operation == "UPDATE"
	count(fixed_fields) > 0
	not was_known
}

was_known if is_object(input.request.oldObject)

fixed_fields := [field |
	input.request.operation == "UPDATE"
	some entry in data.params.immutable
	parts := split(entry, " ")
	parts[0] == kind
	field := {"path": parts[1], "steps": split(parts[1], ".")}
]

at(whole, steps) := value if {
	walk(whole, [path, value])
	path == steps
} else := null if is_object(whole)

deny contains {
	"msg": sprintf("Today is %v, and changes are made on %v.", [today, concat(", ", data.params.change_days)]),
	"path": "request",
	"actual": today,
	"expected": data.params.change_days,
} if {
	count(data.params.change_days) > 0
	not today in data.params.change_days
}

today := time.weekday(time.now_ns())
