# METADATA
# title: What a constraint says of a value
# description: |
#   An expression is a list of alternatives, each a list of comparisons that must all hold:
#   `[[{"op": ">=", "values": ["1.30"]}, {"op": "<", "values": ["1.33"]}]]`. Values are numbers, sizes
#   (`10Gi`) or versions where both sides can be read as one, and text otherwise. What cannot be
#   compared does not hold.
package eidos.lib.constraints

import data.eidos.lib.booleans
import data.eidos.lib.quantities
import data.eidos.lib.versions

# METADATA
# description: Tells whether a value is what an expression asks for.
holds(value, expression) if {
	some alternative in expression
	every atom in alternative {
		_holds(value, atom)
	}
}

# METADATA
# description: Tells whether a value can be held against every bound of an expression.
comparable(value, expression) if {
	every alternative in expression {
		every atom in alternative {
			_comparable(value, atom)
		}
	}
}

# METADATA
# description: Tells whether two values are the same number, size, truth value, version or text.
same(value, wanted) if value == wanted

same(value, wanted) if trim_space(_text(value)) == trim_space(_text(wanted))

same(value, wanted) if quantities.number(value) == quantities.number(wanted)

same(value, wanted) if _size(value) == _size(wanted)

same(value, wanted) if {
	is_boolean(value)
	booleans.yes(wanted) == value
}

same(value, wanted) if {
	value == false
	booleans.no(wanted)
}

same(value, wanted) if {
	versions.key(value) == versions.key(wanted)
	_padded(value) == _padded(wanted)
}

_holds(value, atom) if {
	atom.op == "exists"
	value != null
}

_holds(value, atom) if {
	atom.op == "absent"
	value == null
}

_holds(value, atom) if {
	atom.op == "=="
	same(value, atom.values[0])
}

_holds(value, atom) if {
	atom.op == "!="
	value != null
	not same(value, atom.values[0])
}

_holds(value, atom) if {
	atom.op == "in"
	some wanted in atom.values
	same(value, wanted)
}

_holds(value, atom) if {
	atom.op == "not in"
	value != null
	every wanted in atom.values {
		not same(value, wanted)
	}
}

_holds(value, atom) if {
	atom.op == "contains"
	is_array(value)
	some element in value
	same(element, atom.values[0])
}

_holds(value, atom) if {
	atom.op == "contains"
	is_string(value)
	some word in split(value, ",")
	same(word, atom.values[0])
}

_holds(value, atom) if {
	pair := _ordered(value, atom.values[0])
	_in_order(atom.op, pair[0], pair[1])
}

_in_order(">=", a, b) if a >= b

_in_order(">", a, b) if a > b

_in_order("<=", a, b) if a <= b

_in_order("<", a, b) if a < b

_bounds := {">=", ">", "<=", "<"}

_comparable(_, atom) if not atom.op in _bounds

_comparable(value, atom) if {
	atom.op in _bounds
	_ordered(value, atom.values[0])
}

# Both sides in the one form in which they have an order.
_ordered(value, wanted) := [a, b] if {
	a := quantities.number(value)
	b := quantities.number(wanted)
} else := [a, b] if {
	a := _size(value)
	b := _size(wanted)
} else := [a, b] if {
	a := versions.key(_text(value))
	b := versions.key(_text(wanted))
}

# A size has a unit: 9Gi, 500M.
_size(value) := to_number(match[1]) * _units[match[2]] if {
	is_string(value)
	some match in regex.find_all_string_submatch_n(`^([1-9][0-9]{0,11}|0)(Ki|Mi|Gi|Ti|k|M|G|T)$`, trim_space(value), 1)
}

_units := {
	"Ki": 1024,
	"Mi": 1048576,
	"Gi": 1073741824,
	"Ti": 1099511627776,
	"k": 1000,
	"M": 1000000,
	"G": 1000000000,
	"T": 1000000000000,
}

_text(value) := value if is_string(value)

_text(value) := format_int(value, 10) if {
	is_number(value)
	floor(value) == value
}

# Ubuntu 24.04 is not 24.4, whatever the numbers say.
_padded(version) := [part | some part in split(version, "."); regex.match(`^0[0-9]`, part)]
