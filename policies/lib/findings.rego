# METADATA
# title: Findings that many rules share
package eidos.lib.findings

# METADATA
# description: |
#   Gives the finding for a value that is there and cannot be understood. What cannot be understood
#   is never a pass.
unreadable(path, actual, wanted) := {
	"msg": sprintf("%v is %v, which cannot be read as %v.", [path, quoted(actual), wanted]),
	"path": path,
	"actual": actual,
	"expected": wanted,
}

# METADATA
# description: Writes any value so that an empty one can be seen in a sentence.
quoted(value) := sprintf("%q", [value]) if is_string(value)

quoted(value) := json.marshal(value) if not is_string(value)
