package eidos.constraint

import data.eidos.lib.constraints
import data.eidos.lib.findings

# A constraint on GPU nodes is about no other node.
applicable if not data.params.of in {"every-gpu-node", "no-gpu-node"}

applicable if data.params.known_gpu_node

applicable if gpu_node

gpu_node if {
	some label, value in input.k8s.node.labels
	label in data.params.gpu_labels
	not value in {"", "false", "none"}
}

gpu_node if {
	amount := input.k8s.node.capacity["nvidia.com/gpu"]
	not amount in {"0", 0}
}

# What is not there is null, which only `absent` wants.
found := object.get(input, data.params.path, null)

deny contains finding if {
	not as_wanted
	finding := {
		"msg": sprintf("%v is %v, and must%v be %v.", [data.params.named, shown, negation, data.params.wanted]),
		"path": data.params.fact,
		"actual": found,
		"expected": trim_space(sprintf("%v %v", [negation, data.params.wanted])),
	}
}

as_wanted if {
	data.params.of != "no-gpu-node"
	constraints.holds(found, data.params.expression)
}

as_wanted if {
	data.params.of == "no-gpu-node"
	comparable
	not constraints.holds(found, data.params.expression)
}

comparable if found == null

comparable if constraints.comparable(found, data.params.expression)

negation := " not" if data.params.of == "no-gpu-node"

negation := "" if data.params.of != "no-gpu-node"

shown := "absent" if found == null

shown := findings.quoted(found) if found != null
