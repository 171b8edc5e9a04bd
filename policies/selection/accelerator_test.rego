package eidos.selection.accelerator_test

import data.eidos.selection.accelerator as rule

models := {"B200": "b200", "GB200": "gb200", "L40": "l40", "L40S": "l40s", "RTX PRO 6000": "rtx-pro-6000", "H100": "h100"}

shown(nodes) := found if {
	found := {each.value | some each in rule.criterion} with input as {"nodes": nodes}
		with data.params as {"models": models}
}

of(model) := {"n": {"gpu": {"smi": {"gpu.model": model}}}}

test_the_model_names_it if {
	shown(of("NVIDIA H100 80GB HBM3")) == {"h100"}
	shown(of("NVIDIA GB200")) == {"gb200"}
	shown(of("NVIDIA B200")) == {"b200"}
	shown(of("NVIDIA L40S")) == {"l40s"}
	shown(of("NVIDIA L40")) == {"l40"}
	shown(of("NVIDIA RTX PRO 6000 Blackwell Server Edition")) == {"rtx-pro-6000"}
}

test_evidence_names_node_and_fact if {
	found := rule.criterion with input as {"nodes": of("NVIDIA H100 PCIe")}
		with data.params as {"models": models}
	found == {{
		"dimension": "accelerator",
		"value": "h100",
		"msg": "Node n has NVIDIA H100 PCIe.",
		"path": `nodes["n"].gpu.smi["gpu.model"]`,
		"actual": "NVIDIA H100 PCIe",
	}}
}

test_a_mixed_cluster_tells_both if {
	shown({"a": {"gpu": {"smi": {"gpu.model": "NVIDIA H100"}}}, "b": {"gpu": {"smi": {"gpu.model": "NVIDIA L40S"}}}}) == {"h100", "l40s"}
}

test_an_unknown_model_says_nothing if shown(of("NVIDIA T4")) == set()

test_nothing_and_garbage_say_nothing if {
	shown({}) == set()
	shown(of(null)) == set()
	shown(of(["NVIDIA H100"])) == set()
	shown({"n": {"gpu": {"smi": {}}}}) == set()
}
