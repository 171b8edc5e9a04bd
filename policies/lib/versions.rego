# METADATA
# title: Version numbers
# description: |
#   Reads the versions that clusters show (`v1.33.5-eks-3025e55`, `580.82.07-ubuntu22.04`) and orders
#   them by number. Everything here is undefined for a value that is no version, so a rule must say
#   what it does then; `findings.unreadable` is the usual answer.
package eidos.lib.versions

# Digits are limited so that every number is exact.
_core := `^\s*[vV]?([0-9]{1,9}(?:\.[0-9]{1,9})*)(?:$|[-+_~\s])`

# What comes before a release: `-rc.1`, Debian's and RPM's `~rc1`, `_rc1`, and RPM's older `-0.1.rc1`.
_prerelease := `^\s*[^-_~\s]*[-_~\s]+[0-9.]*(?:alpha|beta|rc|dev|devel|pre|preview|nightly|snapshot)(?:[^a-z]|$)`

# METADATA
# description: Tells whether a value is a version at all.
readable(version) if numbers(version)

# METADATA
# description: |
#   Gives the numbers of a version: `[580, 82, 7]` for `580.82.07-ubuntu22.04`. Only text is a version:
#   the number 1.30 has already lost its zero.
numbers(version) := _parts(_plain(version))

# METADATA
# description: Gives a value that orders versions when compared with `<`; a pre-release is below its release.
key(version) := [_parts(regex.replace(_plain(version), _zeros_at_end, "")), _release(version)]

# METADATA
# description: Tells whether the first version is older than the second.
older(version, than) if key(version) < key(than)

# METADATA
# description: Tells whether the first version is the second or newer.
at_least(version, floor) if key(version) >= key(floor)

# METADATA
# description: Tells whether a version lies in a range, both ends included.
between(version, first, last) if {
	at_least(version, first)
	at_least(last, version)
}

# METADATA
# description: Gives the first number as text, `580` of `580.82.07`, which names a driver branch.
branch(version) := format_int(numbers(version)[0], 10)

# METADATA
# description: Gives the first two numbers as text, `1.33` of `v1.33.5-eks-3025e55`, which names a release line.
line(version) := sprintf("%v.%v", [parts[0], parts[1]]) if {
	parts := numbers(version)
	count(parts) >= 2
}

# METADATA
# description: |
#   Tells whether a part of a cluster is of the API server's minor release, or so many older at most; the
#   patch does not count.
within_skew(version, server, most) if {
	parts := numbers(version)
	of_server := numbers(server)
	parts[0] == of_server[0]
	parts[1] <= of_server[1]
	parts[1] >= of_server[1] - most
}

# METADATA
# description: |
#   Gives both versions of a DCGM exporter tag: `4.3.1-4.4.0-ubuntu22.04` is exporter 4.4.0 built on
#   DCGM 4.3.1.
exporter_pair(tag) := {"dcgm": match[1], "exporter": match[2]} if {
	is_string(tag)
	some match in regex.find_all_string_submatch_n(`^v?([0-9]+(?:\.[0-9]+)+)-([0-9]+(?:\.[0-9]+)+)(?:-|$)`, tag, 1)
}

# METADATA
# description: Gives the least of some versions.
oldest(versions) := version if {
	ordered := sort([[key(v), v] | some v in versions])
	version := ordered[0][1]
}

# Not every engine reads 05 as a number.
_plain(version) := substring(regex.replace(dotted, `\.0+([0-9])`, ".$1"), 1, -1) if {
	is_string(version)
	some match in regex.find_all_string_submatch_n(_core, version, 1)
	dotted := concat("", [".", match[1]])
}

_parts(plain) := [to_number(part) | some part in split(plain, ".")]

# They mean nothing: 26.3 is 26.3.0.
_zeros_at_end := `(?:\.0)+$`

_release(version) := 0 if {
	regex.match(_prerelease, lower(version))
} else := 1
