# METADATA
# title: What is deployed has the recipe's versions
# description: |
#   By the Helm releases of the cluster; where those were not collected, by the tags of images that have
#   the version of their chart. What the ClusterPolicy declares is held against the recipe's values of the
#   GPU Operator. What neither shows is unknown.
# related_resources:
#   - ref: https://helm.sh/docs/topics/charts/
#     description: Helm, versions of charts and of applications
# custom:
#   id: REC-004
#   severity: high
#   scope: recipe
#   reads: [k8s.image, k8s.helm, k8s.policy]
#   params:
#     images:
#       type: object
#       default:
#         cert-manager: cert-manager-controller
#         gpu-operator: gpu-operator
#         kueue: kueue
#         network-operator: network-operator
#         node-feature-discovery: node-feature-discovery
#       description: Component to the image name whose tag is the version of its chart; add components of your own.
#   controls:
#     - {framework: nist-800-53, id: CM-2}
#     - {framework: nist-800-53, id: CM-3}
#   remediation: |
#     Deploy what the recipe says, or resolve a recipe that says what is deployed on purpose. What differs:
#     eidos recipe diff recipe.yaml snapshot.yaml
package eidos.recipe_conformance.versions_as_deployed

import data.eidos.lib.images

charts[at] := object.union({"version": "none"}, component) if {
	some at, component in input.recipe.components
	component.chart.name
}

applicable if count(charts) > 0

releases(component) := {release |
	some _, release in input.k8s.helm
	release.chart == component.chart.name
}

running(component) := images.named(input.k8s.image, data.params.images[component.name])

deny contains finding if {
	some at, component in charts
	some release in releases(component)
	version := object.get(release, "version", "none")
	not same(version, component.version)
	finding := told(at, component, sprintf("chart %v", [version]), version)
}

deny contains finding if {
	some at, component in charts
	input.k8s.helm
	count(releases(component)) == 0
	finding := {
		"msg": sprintf("%v is not deployed, and the recipe has it in version %v.", [component.name, component.version]),
		"path": sprintf("recipe.components[%v]", [at]),
		"actual": "absent",
		"expected": component.version,
		"key": component.name,
	}
}

deny contains finding if {
	not input.k8s.helm
	some at, component in charts
	some image in running(component)
	not same(images.tag(image), component.version)
	finding := told(at, component, sprintf("image tag %v", [images.tag(image)]), images.tag(image))
}

deny contains finding if {
	some at, component in charts
	component.name == "gpu-operator"
	some operand, values in component.values
	wanted := values.version
	declared := input.k8s.policy[sprintf("%v.version", [operand])]
	not same(declared, wanted)
	finding := {
		"msg": sprintf("The ClusterPolicy declares %v.version %v, and the recipe says %v.", [operand, declared, wanted]),
		"path": sprintf("k8s.policy[%q]", [sprintf("%v.version", [operand])]),
		"actual": declared,
		"expected": wanted,
	}
}

unknown contains finding if {
	not input.k8s.helm
	dark := sort([component.name | some _, component in charts; not told_by_image(component)])
	count(dark) > 0
	finding := {"msg": sprintf("Helm releases were not collected, and no image tells the version of %v.", [concat(", ", dark)])}
}

told_by_image(component) if count(running(component)) > 0

told(at, component, what, actual) := {
	"msg": sprintf("%v is deployed with %v, and the recipe says %v.", [component.name, what, component.version]),
	"path": sprintf("recipe.components[%v]", [at]),
	"actual": actual,
	"expected": component.version,
	"key": component.name,
}

# Charts are called v1.2.3 or 1.2.3; the operator adds the operating system to the driver's version.
same(one, other) if plain(one) == plain(other)

same(one, other) if startswith(plain(one), sprintf("%v-", [plain(other)]))

plain(version) := trim_prefix(sprintf("%v", [version]), "v")
