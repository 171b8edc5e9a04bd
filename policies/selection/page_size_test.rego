package eidos.selection.page_size_test

import data.eidos.selection.page_size as rule

shown(kernels) := found if {
	found := {each.value | some each in rule.criterion} with input as {"nodes": {name: {"k8s": {"node": {"kernel-version": kernel}}} | some name, kernel in kernels}}
}

test_the_kernel_tells if {
	shown({"n": "6.8.0-1028-aws"}) == {"4k"}
	shown({"n": "6.8.0-1013-nvidia-64k"}) == {"64k"}
}

test_two_sizes_are_both_told if shown({"a": "6.8.0-1028-aws", "b": "6.8.0-1013-nvidia-64k"}) == {"4k", "64k"}

test_evidence_names_node_and_fact if {
	found := rule.criterion with input as {"nodes": {"n": {"k8s": {"node": {"kernel-version": "6.8.0-1028-aws"}}}}}
	some each in found
	each.path == `nodes["n"].k8s.node["kernel-version"]`
}

test_nothing_and_garbage_say_nothing if {
	shown({}) == set()
	shown({"n": null}) == set()
	shown({"n": 6.8}) == set()
}
