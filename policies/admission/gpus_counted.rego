# METADATA
# title: GPUs are asked for in whole numbers, as a limit
# description: |
#   GPUs cannot be overcommitted: the limit must be set, the request must be equal or left out, and there are
#   no fractions. The API server refuses anything else, or the pod is never scheduled. A share of a GPU has a
#   resource name of its own (a MIG device, or the name that time slicing gives it).
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
#     description: Kubernetes documentation on scheduling GPUs
# custom:
#   id: ADM-001
#   severity: medium
#   scope: admission
#   params:
#     resources:
#       type: array
#       items: string
#       default: [nvidia.com/gpu, nvidia.com/mig-]
#       description: Beginnings of the names of resources that are GPUs; add those of your device plugin.
#   controls:
#     - {framework: nist-800-53, id: SC-6}
#   remediation: |
#     Say how many GPUs the container needs, as a limit and nowhere else:
#     resources: {limits: {nvidia.com/gpu: 1}}
package eidos.admission.gpus_counted

import data.eidos.lib.findings
import data.eidos.lib.quantities
import data.eidos.lib.workloads

applicable if count(asked) > 0

applicable if count(workloads.unreadable(input.request)) > 0

asked := [found |
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	some resource in workloads.resources(each.container, data.params.resources)
	found := {"resource": resource, "name": each.name, "path": sprintf("%v.resources", [each.path])}
]

deny contains {
	"msg": sprintf("Container %v requests %v and says no limit.", [found.name, found.resource.name]),
	"path": found.path,
	"expected": sprintf("a limit of %v", [found.resource.name]),
} if {
	some found in asked
	not has_limit(found)
}

deny contains {
	"msg": sprintf("Container %v has the limit %v of %v, which is no whole number.", [found.name, findings.quoted(found.resource.limit), found.resource.name]),
	"path": sprintf("%v.limits[%v]", [found.path, json.marshal(found.resource.name)]),
	"actual": found.resource.limit,
	"expected": "a whole number",
} if {
	some found in asked
	has_limit(found)
	not whole(found.resource.limit)
}

deny contains {
	"msg": sprintf("Container %v requests %v of %v, and its limit is %v.", [found.name, findings.quoted(found.resource.request), found.resource.name, findings.quoted(found.resource.limit)]),
	"path": sprintf("%v.requests[%v]", [found.path, json.marshal(found.resource.name)]),
	"actual": found.resource.request,
	"expected": found.resource.limit,
} if {
	some found in asked
	not same(found.resource.request, found.resource.limit)
}

has_limit(found) if "limit" in object.keys(found.resource)

whole(amount) if {
	number := quantities.number(amount)
	regex.match(`^[0-9]+$`, json.marshal(number))
}

same(one, other) if one == other

same(one, other) if quantities.number(one) == quantities.number(other)

unknown contains finding if some finding in workloads.unreadable(input.request)
