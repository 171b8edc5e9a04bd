# METADATA
# title: The driver's owner is one that the service knows
# description: |
#   On a service whose images bring the driver, switches, runtime class and paths have known shapes. A
#   mixture leaves nodes without a driver, or with two. The table has the shapes that were seen to work; a
#   service that it does not have is not judged.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/microsoft-aks.html
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/google-gke.html
# custom:
#   id: BOP-002
#   severity: critical
#   scope: bundle
#   tables: [driver_shapes]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Choose one shape of the service and set all of its values; the table of this rule lists them:
#     eidos recipe --service aks ... (profiles of the recipe choose it)
package eidos.bundle_operators.driver_owner_fits_platform

import data.eidos.lib.bundles

operator := "gpu-operator"

# Of a service without known shapes nothing can be said.
applicable if {
	bundles.has(input.bundle, operator)
	count(shapes) > 0
}

shapes := object.get(data.tables.driver_shapes.services, bundles.service(input.bundle), {})

differing(shape) := {key |
	some key, wanted in shape
	found := bundles.value(input.bundle, operator, split(key, "."), object.get(data.tables.driver_shapes.chart, key, null))
	found != wanted
}

fits if {
	some _, shape in shapes
	count(differing(shape)) == 0
}

owner := bundles.value(input.bundle, operator, ["driver", "enabled"], true)

deny contains {
	"msg": sprintf("On %v this is neither of the known shapes; for %v, %v would have to be %v.", [bundles.service(input.bundle), name, key, json.marshal(shape[key])]),
	"path": bundles.path(operator, split(key, ".")),
	"actual": bundles.value(input.bundle, operator, split(key, "."), null),
	"expected": shape[key],
} if {
	not fits
	some name, shape in shapes
	_is_near(shape)
	some key in differing(shape)
}

# The shapes of the same owner; where the service knows none of that owner, each is.
_is_near(shape) if shape["driver.enabled"] == owner

_is_near(_) if not owner in {shape["driver.enabled"] | some _, shape in shapes}
