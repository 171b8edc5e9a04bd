# METADATA
# title: Kernel arguments
# description: |
#   The kernel line as facts: text, or a list of texts where an argument is repeated. The kernel takes
#   `-` and `_` in names for the same, and so does everything here.
package eidos.lib.kernel_args

# METADATA
# description: Gives every value of an argument, in order; an argument without a value has the value "".
values(args, name) := [value |
	some written in _spellings(args, name)
	some value in _listed(args[written])
]

# METADATA
# description: Tells whether an argument is on the kernel line.
present(args, name) if count(values(args, name)) > 0

# METADATA
# description: Gives the value that counts where an argument may be said once, the last; undefined when absent.
last(args, name) := given[count(given) - 1] if {
	given := values(args, name)
	count(given) > 0
}

# METADATA
# description: |
#   Gives true or false for an argument that the kernel reads as yes or no, by the last value that the
#   kernel understands; undefined where there is none.
boolean(args, name) := understood[count(understood) - 1] if {
	understood := [said | some value in values(args, name); said := _boolean(trim_space(value))]
	count(understood) > 0
}

# METADATA
# description: Gives the comma-separated parts of every value of an argument, as a set.
options(args, name) := {trim_space(part) |
	some value in values(args, name)
	some part in split(value, ",")
}

# METADATA
# description: Gives the fact path of an argument as it is written on the line; of the last where it is there twice.
path(args, name) := _path(max(_spellings(args, name))) if present(args, name)

path(args, name) := _path(name) if not present(args, name)

_path(name) := sprintf("os.grub.%v", [name]) if regex.match(`^[A-Za-z0-9_-]+$`, name)

_path(name) := sprintf("os.grub[%q]", [name]) if not regex.match(`^[A-Za-z0-9_-]+$`, name)

# Most arguments that are asked for are absent: that is told by one look into a set.
_spellings(args, name) := {written |
	plain := replace(name, "-", "_")
	plain in _names(args)
	some written, _ in args
	replace(written, "-", "_") == plain
}

_names(args) := {replace(written, "-", "_") | some written, _ in args}

# As kstrtobool of the kernel, which looks at one letter, or at two where the first is an o.
_boolean(value) if regex.match(`^([yYtT1]|[oO][nN])`, value)

_boolean(value) := false if regex.match(`^([nNfF0]|[oO][fF])`, value)

_listed(given) := [_text(value) | some value in given] if is_array(given)

_listed(given) := [_text(given)] if not is_array(given)

_text(value) := value if is_string(value)

# A collector may say true, or nothing, for an argument without a value.
_text(value) := "" if value in {true, null}

_text(value) := json.marshal(value) if {
	not is_string(value)
	not value in {true, null}
}
