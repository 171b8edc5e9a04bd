# METADATA
# title: Resources come after what they need and before what needs them
# description: |
#   A custom resource cannot be created before its definition: it comes after the chart that brings it, or in
#   a component that depends on that one. A ConfigMap that the GPU Operator's driver mounts must be there
#   before: applied after, the chart waits for pods that wait for it. Resources of which it is not known what
#   brings their definition are named.
# related_resources:
#   - ref: https://github.com/NVIDIA/aicr/issues/859
# custom:
#   id: BOP-007
#   severity: critical
#   scope: bundle
#   tables: [custom_resources]
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set apply of the resource: after for what the component's own chart defines, before for a ConfigMap that its pods mount.
#     Where another component brings the definition, add it to dependsOn.
package eidos.bundle_operators.resources_in_order

import data.eidos.lib.bundles

owner(entry) := data.tables.custom_resources.owners[bundles.api_group(entry.object)]

# Definitions of monitors come with any of these, see BOP-009.
brings(component, wanted) if component == wanted

brings(component, wanted) if {
	component == "kube-prometheus-stack"
	wanted == "prometheus-operator-crds"
}

deny contains {
	"msg": sprintf("%v is applied before the chart of %v, which brings its definition.", [bundles.named(entry), entry.component]),
	"path": bundles.object_path(entry),
	"actual": "apply: before",
	"expected": "apply: after",
} if {
	some entry in bundles.objects(input.bundle)
	entry.component == owner(entry)
	entry.apply == "before"
	input.bundle.components[entry.component].chart != null
}

deny contains {
	"msg": sprintf("%v needs a definition of %v, which %v does not come after.", [bundles.named(entry), owner(entry), entry.component]),
	"path": bundles.object_path(entry),
	"actual": object.get(object.get(input.bundle.components, entry.component, {}), "dependsOn", []),
	"expected": sprintf("%v in an earlier wave", [owner(entry)]),
} if {
	some entry in bundles.objects(input.bundle)
	owner(entry) != entry.component
	not after_owner(entry)
}

after_owner(entry) if {
	some name, component in input.bundle.components
	brings(name, owner(entry))
	component.wave < input.bundle.components[entry.component].wave
}

warn contains {
	"msg": sprintf("%v: no component is listed that brings definitions of %v/%v, so its place in the order was not looked at.", [
		bundles.named(entry), entry.object.apiVersion, entry.object.kind,
	]),
	"path": bundles.object_path(entry),
	"actual": bundles.api_group(entry.object),
	"expected": "an API group of a listed component",
} if {
	some entry in bundles.objects(input.bundle)
	not bundles.builtin(entry.object)
	not owner(entry)
}

mounted := bundles.value(input.bundle, "gpu-operator", ["driver", "kernelModuleConfig", "name"], "")

deny contains {
	"msg": sprintf("The ConfigMap %v is mounted by the driver and is applied %v the chart.", [mounted, entry.apply]),
	"path": bundles.object_path(entry),
	"actual": sprintf("apply: %v", [entry.apply]),
	"expected": "apply: before",
} if {
	some entry in bundles.of_kind(input.bundle, "", "ConfigMap")
	entry.component == "gpu-operator"
	entry.object.metadata.name == mounted
	entry.apply != "before"
}

deny contains {
	"msg": sprintf("driver.kernelModuleConfig names the ConfigMap %v, which is not in the bundle.", [json.marshal(mounted)]),
	"path": bundles.path("gpu-operator", ["driver", "kernelModuleConfig", "name"]),
	"actual": mounted,
	"expected": "a ConfigMap of the bundle",
} if {
	mounted != ""
	not mounted in {entry.object.metadata.name | some entry in bundles.of_kind(input.bundle, "", "ConfigMap")}
}
