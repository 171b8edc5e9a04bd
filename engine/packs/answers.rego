# METADATA
# title: What the rules of this bundle say
# description: |
#   Written by 'eidos policy pack'. Beside this module stand data.eidos.bundle.about (revision, packs),
#   data.eidos.bundle.rules (what each rule is and needs) and at[path], the value that a path leads to.
# scope: package
package eidos.bundle

# METADATA
# title: What each rule says of one subject, by the rule's id
# description: |
#   Input is a subject's facts as rules name them: {"node": {"name": ...}, "gpu": {"smi": {...}}, ...}.
#   With "nodes" (name to facts of each node) rules about the cluster answer, else those about a node.
# entrypoint: true
answers[id] := answer(rule) if {
	some id, rule in data.eidos.bundle.rules
	rule.scope == subject
}

subject := "cluster" if input.nodes

else := "node"

# What must not be missing decides first, then whether the rule is about this subject at all.
answer(rule) := {"status": "unknown", "missing": missing} if {
	missing := [fact.name | some fact in rule.requires; not known(fact)]
	count(missing) > 0
} else := {"status": "skip"} if {
	rule.applicable
	says(rule.applicable, rule.requires, rule) in {set(), {false}}
} else := {"status": status(found, gaps), "found": found, "missing": gaps} if {
	declared := array.concat(rule.requires, rule.reads)
	gaps := [fact.name | some fact in declared; not collected(fact)]
	found := {level: values |
		some level, paths in rule.findings
		values := union({finding_set(value) |
			some path in paths
			some value in says(path, declared, rule)
		})
	}
}

# A value is in a set, so that "undefined" is a value as well: none.
says(path, facts, rule) := {value |
	seen := shown(facts)
	tables := object.filter(data.tables, rule.tables)
	day := 86400000000000
	now := time.now_ns() - (time.now_ns() % day)
	value := at[path] with input as seen
		with data.params as rule.params
		with data.tables as tables
		with time.now_ns as now
}

finding_set(value) := value if {
	is_set(value)
} else := {finding | some finding in value} if {
	is_array(value)
} else := set() if {
	value == false
} else := {value}

status(found, gaps) := "fail" if {
	some level in ["deny", "violation"]
	count(found[level]) > 0
} else := "unknown" if {
	count(found.unknown) > 0
} else := "unknown" if {
	count(gaps) > 0
} else := "warn" if {
	count(found.warn) > 0
} else := "pass"

# A rule sees only what it declares.
shown(facts) := object.union_n([part | some fact in facts; part := shown_fact(fact)])

shown_fact(fact) := {"node": {"name": input.node.name}} if fact.name == "node.name"

shown_fact(fact) := shown_of(input, fact) if {
	fact.name != "node.name"
	not fact.every_node
}

shown_fact(fact) := {"nodes": nodes} if {
	fact.every_node
	nodes := {name: part |
		some name, node in input.nodes
		part := object.union_n([part | part := shown_of(node, fact)])
	}
}

shown_of(facts, fact) := {fact.type: {fact.subtype: facts[fact.type][fact.subtype]}} if {
	not fact.key
} else := {fact.type: {fact.subtype: part}} if {
	values := facts[fact.type][fact.subtype]
	part := {key: values[key] | some key in [fact.key]}
}

known(fact) if fact.name == "node.name"

known(fact) if {
	fact.name != "node.name"
	not fact.every_node
	known_in(input, fact)
}

known(fact) if {
	fact.every_node
	some node in input.nodes
	known_in(node, fact)
}

known_in(facts, fact) if {
	not fact.key
	facts[fact.type][fact.subtype]
}

known_in(facts, fact) if facts[fact.type][fact.subtype][fact.key] != null

collected(fact) if fact.name == "node.name"

collected(fact) if {
	not fact.every_node
	input[fact.type][fact.subtype]
}

collected(fact) if {
	fact.every_node
	every node in input.nodes {
		node[fact.type][fact.subtype]
	}
}

# METADATA
# title: What eidos asks
# description: |
#   Input is {"now", "params", "tables", "guarded", "asks": [{"path", "input"}]}. There is always an
#   answer: a list for each ask, empty where it is undefined. A guarded question ends after its first
#   ask where that says no.
# entrypoint: true
asked := {"revision": data.eidos.bundle.about.revision, "values": values}

values := [first] if {
	first := value(input.asks[0])
	refused(first)
} else := [value(ask) | some ask in input.asks]

refused(first) if {
	input.guarded
	first in [[], [false]]
}

value(ask) := [found |
	params := input.params
	tables := object.filter(data.tables, input.tables)
	now := input.now
	found := at[ask.path] with input as ask.input
		with data.params as params
		with data.tables as tables
		with time.now_ns as now
]
