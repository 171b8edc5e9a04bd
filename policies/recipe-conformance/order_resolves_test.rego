package eidos.recipe_conformance.order_resolves_test

import data.eidos.recipe_conformance.order_resolves as rule

base := {"name": "cert-manager", "chart": {"name": "cert-manager"}, "version": "v1.20.2", "wave": 0}

operator := {"name": "gpu-operator", "chart": {"name": "gpu-operator"}, "version": "v26.7.0", "wave": 1, "dependsOn": ["cert-manager"]}

said(components) := found if {
	found := {finding.msg | some finding in rule.deny} with input as {"recipe": {"components": components}}
}

test_resolved_passes if said([base, operator]) == set()

test_resources_only_need_no_version if said([{"name": "gpu-monitoring", "wave": 0}]) == set()

test_no_version_fails if {
	said([object.remove(base, ["version"])]) == {"cert-manager has the version none, which names no release."}
	said([object.union(base, {"version": "latest"})]) == {"cert-manager has the version latest, which names no release."}
}

test_missing_dependency_fails if said([operator]) == {"gpu-operator depends on cert-manager, which the recipe does not have."}

test_dependency_in_a_later_wave_fails if {
	later := object.union(base, {"wave": 1})
	said([later, operator]) == {"gpu-operator depends on cert-manager and is not deployed after it: their waves are 1 and 1."}
}

test_twins_fail if said([base, base]) == {"cert-manager is there twice."}

test_empty_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"components": []}}
	rule.applicable with input as {"recipe": {"components": [base]}}
}
