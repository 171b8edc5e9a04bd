package eidos.recipe_conformance.versions_as_deployed_test

import data.eidos.recipe_conformance.versions_as_deployed as rule

params := {"images": {"gpu-operator": "gpu-operator", "cert-manager": "cert-manager-controller"}}

operator := {
	"name": "gpu-operator",
	"chart": {"name": "gpu-operator"},
	"version": "v26.7.0",
	"values": {"driver": {"version": "580.95.05"}, "cdi": {"enabled": true}},
}

adapter := {"name": "prometheus-adapter", "chart": {"name": "prometheus-adapter"}, "version": "5.3.0", "values": {}}

said(components, k8s) := found if {
	found := {finding.msg | some finding in rule.deny} with input as {"recipe": {"components": components}, "k8s": k8s}
		with data.params as params
}

untold(components, k8s) := found if {
	found := {finding.msg | some finding in rule.unknown} with input as {"recipe": {"components": components}, "k8s": k8s}
		with data.params as params
}

release(chart, version) := {"ns/r": {"chart": chart, "version": version}}

test_the_same_release_passes if {
	said([operator], {"image": {}, "helm": release("gpu-operator", "26.7.0")}) == set()
	untold([operator], {"image": {}, "helm": release("gpu-operator", "26.7.0")}) == set()
}

test_another_release_fails if {
	said([operator], {"image": {}, "helm": release("gpu-operator", "v25.3.0")}) == {"gpu-operator is deployed with chart v25.3.0, and the recipe says v26.7.0."}
}

test_no_release_fails if {
	said([operator], {"image": {}, "helm": {}}) == {"gpu-operator is not deployed, and the recipe has it in version v26.7.0."}
}

test_without_releases_the_image_tells if {
	said([operator], {"image": {"gpu-operator": "v26.7.0"}}) == set()
	untold([operator], {"image": {"gpu-operator": "v26.7.0"}}) == set()
	said([operator], {"image": {"gpu-operator": "v25.3.3"}}) == {"gpu-operator is deployed with image tag v25.3.3, and the recipe says v26.7.0."}
}

test_what_nothing_tells_is_unknown if {
	untold([operator, adapter], {"image": {"gpu-operator": "v26.7.0"}}) == {"Helm releases were not collected, and no image tells the version of prometheus-adapter."}
	untold([operator], {"image": {}}) == {"Helm releases were not collected, and no image tells the version of gpu-operator."}
}

test_another_declared_driver_fails if {
	policy := {"driver.version": "570.133.20", "cdi.enabled": "true"}
	said([operator], {"image": {"gpu-operator": "v26.7.0"}, "policy": policy}) == {"The ClusterPolicy declares driver.version 570.133.20, and the recipe says 580.95.05."}
}

test_the_declared_driver_may_have_the_system_in_its_version if {
	policy := {"driver.version": "580.95.05-ubuntu22.04"}
	said([operator], {"image": {"gpu-operator": "v26.7.0"}, "policy": policy}) == set()
}

test_resources_only_are_not_applicable if {
	not rule.applicable with input as {"recipe": {"components": [{"name": "gpu-monitoring"}]}}
	rule.applicable with input as {"recipe": {"components": [operator]}}
}

test_a_release_without_version_fails if {
	count(said([operator], {"image": {}, "helm": {"ns/r": {"chart": "gpu-operator"}}})) == 1
}
