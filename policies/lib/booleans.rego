# METADATA
# title: Booleans
# description: A flattened ClusterPolicy says `"true"`, a typed document says `true`; both are meant.
package eidos.lib.booleans

# METADATA
# description: Tells whether a value says yes.
yes(value) if value == true

yes(value) if _word(value) in {"true", "yes", "on", "1", "enabled"}

# METADATA
# description: Tells whether a value says no. What says neither yes nor no is not understood.
no(value) if value == false

no(value) if _word(value) in {"false", "no", "off", "0", "disabled"}

_word(value) := lower(trim_space(value)) if is_string(value)

_word(value) := format_int(value, 10) if is_number(value)
