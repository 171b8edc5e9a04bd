package eidos.selection.service_test

import data.eidos.selection.service as rule

shown(version, nodes) := found if {
	found := {[each.value, each.path] | some each in rule.criterion} with input as {
		"k8s": {"server": {"version": version}},
		"nodes": {name: {"k8s": {"node": node}} | some name, node in nodes},
	}
}

test_the_version_names_it if {
	shown("v1.33.5-eks-3025e55", {}) == {["eks", "k8s.server.version"]}
	shown("v1.34.1-gke.1829001", {}) == {["gke", "k8s.server.version"]}
}

test_else_the_nodes_do if {
	shown("v1.33.5", {"n": {"provider-id": "azure:///subscriptions/x"}}) == {["aks", `nodes["n"].k8s.node`]}
	shown("v1.33.5", {"n": {"provider-id": "ocid1.instance.oc1"}}) == {["oke", `nodes["n"].k8s.node`]}
	shown("v1.33.5", {"n": {"provider": "EKS"}}) == {["eks", `nodes["n"].k8s.node`]}
}

test_the_version_goes_before_nodes if shown("v1.33.5-eks-3025e55", {"n": {"provider": "gke"}}) == {["eks", "k8s.server.version"]}

test_nobody_is_self_managed if shown("v1.33.5", {"n": {"kubelet-version": "v1.33.5"}}) == {["self-managed", `nodes["n"].k8s.node`]}

test_two_providers_are_both_told if {
	{value | some [value, _] in shown("v1.33.5", {"a": {"provider": "aks"}, "b": {"provider": "oke"}})} == {"aks", "oke"}
}

test_nothing_says_nothing if {
	shown("v1.33.5", {}) == set()
	shown("v1.33.5", {"n": {}}) == set()
}

test_garbage_is_not_believed if shown(133, {"n": {"provider": 7, "provider-id": ["aws://"]}}) == {["self-managed", `nodes["n"].k8s.node`]}
