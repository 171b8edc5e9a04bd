# METADATA
# title: The recipe's tuning agrees with itself, and hardening that it undoes is told
# description: |
#   One thing is tuned to one value; huge pages are a list and may be said of several sizes. What tuning
#   sets against a rule of hardening is told each time, whether that rule is asked or not: who accepts it
#   is said by a waiver of that rule.
# custom:
#   id: REC-006
#   severity: medium
#   scope: recipe
#   reads: []
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Of two values keep one, in the tuning profile that is meant. Where tuning and hardening contradict each
#     other, decide, and write the decision down as a waiver of the hardening rule, with owner and end.
package eidos.recipe_conformance.tuning_consistent

applicable if count(settings) > 0

# Key that two settings of one thing share, and what is said of it.
settings contains setting if {
	some area in ["arguments", "sysctls", "modules", "units"]
	some at, said in input.recipe.tuning[area]
	[key, value] := stated(area, said)
	setting := {
		"area": area,
		"at": at,
		"key": key,
		"value": value,
		"conflicts": object.get(said, "conflicts", []),
		"because": object.get(said, "because", ""),
	}
}

stated("arguments", said) := [parts[0], concat("=", array.slice(parts, 1, count(parts)))] if parts := split(said.set, "=")

stated("sysctls", said) := [said.key, sprintf("%v", [said.value])]

stated("modules", said) := [said.name, said.state]

stated("units", said) := [sprintf("%v %v", [said.unit, said.property]), said.value]

# Each of these arguments counts as often as it is said.
repeated := {"hugepagesz", "hugepages", "console", "pci", "module_blacklist"}

deny contains finding if {
	some one in settings
	some other in settings
	one.area == other.area
	one.key == other.key
	one.at < other.at
	one.value != other.value
	not one.key in repeated
	finding := {
		"msg": sprintf("%v is tuned to %v and to %v.", [one.key, one.value, other.value]),
		"path": place(other),
		"key": one.key,
	}
}

warn contains finding if {
	some setting in settings
	some rule in setting.conflicts
	finding := {
		"msg": sprintf("%v is tuned to %v against %v: %v", [setting.key, setting.value, rule, setting.because]),
		"path": place(setting),
		"key": sprintf("%v %v", [setting.key, rule]),
	}
}

place(setting) := sprintf("recipe.tuning.%v[%v]", [setting.area, setting.at])
