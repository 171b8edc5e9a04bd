package eidos.selection.operating_system_test

import data.eidos.selection.operating_system as rule

params := {
	"images": {"Ubuntu": "ubuntu", "Amazon Linux": "amazonlinux"},
	"ids": {"ubuntu": "ubuntu", "amzn": "amazonlinux"},
}

shown(nodes) := found if {
	found := {[each.value, each.path] | some each in rule.criterion} with input as {"nodes": nodes}
		with data.params as params
}

image(text) := {"k8s": {"node": {"os-image": text}}}

id(text) := {"os": {"release": {"ID": text}}}

test_the_kubelet_tells if shown({"n": image("Ubuntu 24.04.3 LTS")}) == {["ubuntu", `nodes["n"].k8s.node["os-image"]`]}

test_else_the_release_does if shown({"n": id("amzn")}) == {["amazonlinux", `nodes["n"].os.release.ID`]}

test_the_kubelet_goes_before_the_release_of_a_container if {
	shown({"n": object.union(image("Amazon Linux 2023.9"), id("ubuntu"))}) == {["amazonlinux", `nodes["n"].k8s.node["os-image"]`]}
}

test_two_systems_are_both_told if {
	{value | some [value, _] in shown({"a": image("Ubuntu 24.04"), "b": id("amzn")})} == {"ubuntu", "amazonlinux"}
}

test_nothing_and_garbage_say_nothing if {
	shown({}) == set()
	shown({"n": image("Windows Server 2022")}) == set()
	shown({"n": id("plan9")}) == set()
	shown({"n": {"k8s": {"node": {"os-image": 7}}, "os": {"release": {"ID": null}}}}) == set()
}
