# METADATA
# title: Environment variables in a ClusterPolicy
# description: |
#   A flattened ClusterPolicy holds a list of variables as JSON text,
#   `[{"name":"A","value":"b"}]`; a typed document holds the list itself.
package eidos.lib.environments

# METADATA
# description: Tells whether a value is a list of variables; an absent list is written as null.
readable(env) if is_array(_entries(env))

# METADATA
# description: Gives the value of a variable; undefined when it is not set.
value(env, name) := found[count(found) - 1] if {
	found := [entry.value | some entry in _entries(env); entry.name == name]
	count(found) > 0
}

_entries(env) := env if is_array(env)

_entries(null) := []

_entries("") := []

_entries(env) := json.unmarshal(env) if {
	is_string(env)
	json.is_valid(env)
}
