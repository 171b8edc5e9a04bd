package eidos.bundle_operators.reboots_bounded_test

import data.eidos.bundle_operators.reboots_bounded as rule

params := {"most_nodes": 2, "most_percent": 25}

entry(spec) := {"component": "tuning", "object": {"apiVersion": "nodewright.nvidia.com/v1alpha1", "kind": "NodeWright", "metadata": {"name": "t"}, "spec": spec}}

denied(service, spec) := findings if {
	findings := rule.deny with input as {"bundle": {
		"criteria": {"service": service},
		"components": {"gpu-operator": {"dependsOn": ["nodewright-customizations"], "values": {"daemonsets": {"tolerations": [{"operator": "Exists"}]}}}},
		"objects": [entry(spec)],
	}}
		with data.params as params
}

good := {"interruptionBudget": {"count": 1}, "nodeSelectors": {"matchLabels": {"feature.node.kubernetes.io/pci-10de.present": "true"}}, "additionalTolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}

test_bounded_passes if {
	count(denied("eks", good)) == 0
	count(denied("eks", object.union(object.remove(good, ["interruptionBudget"]), {"interruptionBudget": {"percent": 10}}))) == 0
}

by_policy(spec) := findings if {
	named := object.union(object.remove(good, ["interruptionBudget"]), {"deploymentPolicy": "slow"})
	policy := {"object": {"apiVersion": "nodewright.nvidia.com/v1alpha1", "kind": "DeploymentPolicy", "metadata": {"name": "slow"}, "spec": spec}}
	findings := rule.deny with input as {"bundle": {"components": {}, "objects": [entry(named), policy]}}
		with data.params as params
}

test_a_policy_is_as_good_as_its_budgets if {
	count(by_policy({"default": {"budget": {"count": 1}}, "compartments": [{"name": "a", "budget": {"percent": 20}}]})) == 0
	count(by_policy({"default": {"budget": {"count": 1}}, "compartments": [{"name": "a", "budget": {"percent": 100}}]})) == 1
	count(by_policy({})) == 1
	count(denied("eks", object.union(object.remove(good, ["interruptionBudget"]), {"deploymentPolicy": "of-nobody"}))) == 1
}

test_no_budget_fails if {
	some finding in denied("eks", object.remove(good, ["interruptionBudget"]))
	finding.actual == "absent"
}

test_large_budget_fails if count(denied("eks", object.union(good, {"interruptionBudget": {"count": 50}}))) == 1

test_no_selector_fails if count(denied("eks", object.remove(good, ["nodeSelectors"]))) == 1

test_label_of_the_operator_fails if {
	count(denied("eks", object.union(good, {"nodeSelectors": {"matchExpressions": [{"key": "nvidia.com/gpu.present"}]}}))) == 1
}

test_wildcard_fails if {
	count(denied("eks", object.union(good, {"additionalTolerations": [{"operator": "Exists"}]}))) == 1
	count(denied("aks", good)) == 1
}

test_operator_of_packages_counts if {
	found := rule.deny with input as {"bundle": {"components": {"nodewright-operator": {"values": {"tolerations": [{"operator": "Exists"}]}}}, "objects": []}}
		with data.params as params
	count(found) == 1
}

test_odd_values_fail if {
	count(denied("eks", {"interruptionBudget": 5, "nodeSelectors": 3})) == 1
	count(denied("eks", null)) == 2
}
