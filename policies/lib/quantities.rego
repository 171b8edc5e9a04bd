# METADATA
# title: Numbers as clusters write them
package eidos.lib.quantities

# METADATA
# description: |
#   Gives a whole number for `4`, `"4"` and `" 4\n"`; undefined for everything else. A counter of more
#   than 15 digits is not exact and is left undefined.
number(value) := value if is_number(value)

number(value) := to_number(digits) if {
	is_string(value)
	digits := regex.replace(trim_space(value), `^(-?)0+([0-9])`, "$1$2")
	regex.match(`^-?[0-9]{1,15}$`, digits)
}

# METADATA
# description: |
#   Gives the bytes of a size on the kernel command line or in systemd: `2M`, `1G`, `64K`, `4096`.
bytes(value) := value if is_number(value)

bytes(value) := to_number(match[1]) * _unit[upper(match[2])] if {
	is_string(value)
	some match in regex.find_all_string_submatch_n(`^([1-9][0-9]{0,14}|0)([kKmMgGtT]?)$`, trim_space(value), 1)
}

_unit := {"": 1, "K": 1024, "M": 1048576, "G": 1073741824, "T": 1099511627776}
