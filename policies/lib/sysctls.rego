# METADATA
# title: Kernel settings
# description: |
#   Snapshots show sysctls as text under their path (`/proc/sys/kernel/kptr_restrict: "1"`); people
#   name them with dots (`kernel.kptr_restrict`).
package eidos.lib.sysctls

# METADATA
# description: |
#   Gives a finding for every setting that does not hold. A setting is `{key, op, value}` with the op
#   `==`, `>=` or `<=`. A key that is absent is not judged: require it where it must be there. A value
#   that is no whole number holds nothing.
violations(sysctls, settings) := {_violation(setting, actual) |
	some setting in settings
	actual := sysctls[setting.key]
	not _kept(actual, setting)
}

# METADATA
# description: Reads a sysctl as a whole number; undefined for anything else.
integer(value) := to_number(trim_space(value)) if {
	is_string(value)
	regex.match(`^-?[0-9]{1,20}$`, trim_space(value))
}

integer(value) := value if {
	is_number(value)
	value == floor(value)
}

# METADATA
# description: Gives the name people use, `kernel.kptr_restrict`.
name(key) := replace(trim_prefix(key, "/proc/sys/"), "/", ".")

# METADATA
# description: Gives the fact path of a sysctl.
path(key) := sprintf("os.sysctl[%q]", [key])

_kept(actual, setting) if _holds(setting.op, integer(actual), setting.value)

_holds("==", actual, wanted) if actual == wanted

_holds(">=", actual, wanted) if actual >= wanted

_holds("<=", actual, wanted) if actual <= wanted

_words := {"==": "", ">=": "at least ", "<=": "at most "}

_violation(setting, actual) := {
	"msg": sprintf("%v is %v, expected %v%v.", [name(setting.key), actual, _words[setting.op], setting.value]),
	"path": path(setting.key),
	"actual": actual,
	"expected": sprintf("%v %v", [setting.op, setting.value]),
	"fix": sprintf("sysctl -w %v=%v", [name(setting.key), setting.value]),
}
