# METADATA
# title: systemd units
# description: |
#   Unit properties as D-Bus gives them. A unit that is not installed still has properties, the
#   defaults of systemd, which say nothing about the node.
package eidos.lib.units

# systemd's way to say infinity, 2^64 - 1.
_infinity := {"infinity", "18446744073709551615", "18446744073709551616", "-1"}

# METADATA
# description: Tells whether a unit is installed, so that its properties mean something.
loaded(unit) if unit.LoadState == "loaded"

# METADATA
# description: Tells whether a limit is infinite, as text or as a number.
infinite(limit) if {
	is_string(limit)
	lower(trim_space(limit)) in _infinity
}

# A 64-bit number that went through a floating-point reader is only near it.
infinite(limit) if {
	is_number(limit)
	limit >= 18446744073709549568
}

# METADATA
# description: Gives the fact path of a property of a unit.
path(name, property) := sprintf("systemd[%q].%v", [name, property])
