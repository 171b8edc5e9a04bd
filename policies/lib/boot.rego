# METADATA
# title: Arguments on the kernel command line
# description: |
#   The facts `os.grub` map an argument to its value; a value is `""` for a bare argument and a list for
#   one that is repeated.
package eidos.lib.boot

# METADATA
# description: Tells whether an argument is given, with or without a value.
given(grub, argument) if argument in object.keys(grub)

# METADATA
# description: Gives every value of an argument, in order; empty when it is not given.
values(grub, argument) := value if {
	value := grub[argument]
	is_array(value)
} else := [grub[argument]] if {
	given(grub, argument)
} else := []

# METADATA
# description: Gives the value that counts, the last one; undefined when the argument is not given.
last(grub, argument) := given_values[count(given_values) - 1] if {
	given_values := values(grub, argument)
	count(given_values) > 0
}

# METADATA
# description: Gives the fact path of an argument, for a finding.
fact(argument) := sprintf("os.grub[%v]", [json.marshal(argument)])
