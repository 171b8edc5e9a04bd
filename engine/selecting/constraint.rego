package eidos.constraint

import data.eidos.lib.constraints
import data.eidos.lib.findings

# What is not there is null, which only `absent` wants.
found := object.get(input, data.params.path, null)

deny contains finding if {
	violated
	finding := {
		"msg": sprintf("%v is %v, and must be %v.", [data.params.named, shown, data.params.wanted]),
		"path": data.params.fact,
		"actual": found,
		"expected": data.params.wanted,
	}
}

violated if not constraints.holds(found, data.params.expression)

shown := "absent" if found == null

shown := findings.quoted(found) if found != null
