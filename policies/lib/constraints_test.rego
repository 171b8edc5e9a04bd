package eidos.lib.constraints_test

import data.eidos.lib.constraints

one(op, wanted) := [[{"op": op, "values": [wanted]}]]

test_bounds_of_versions if {
	every pair in [["v1.33.5-eks-3025e55", "1.32.4"], ["1.2.3.4", "1.2.3"], ["24.10", "24.04"], ["580.82.07", "580.82.07"]] {
		constraints.holds(pair[0], one(">=", pair[1]))
	}
	not constraints.holds("v1.33.2", one(">=", "1.33.10"))
	constraints.holds("v1.33.2", one(">", "1.33"))
	not constraints.holds("v1.33.2", one("<=", "1.33"))
}

test_bounds_of_numbers_and_sizes if {
	constraints.holds(10, one(">", "9"))
	constraints.holds("10", one(">", "9"))
	constraints.holds("10Gi", one(">", "9Gi"))
	constraints.holds("1Ti", one(">=", "1000Gi"))
	not constraints.holds("9Gi", one(">", "10Gi"))
}

test_same if {
	constraints.same("ubuntu", "ubuntu")
	constraints.same("v1.33.2", "1.33.2")
	constraints.same(true, "true")
	constraints.same(false, "false")
	constraints.same(5128, "5128")
}

test_not_same if {
	not constraints.same("Ubuntu", "ubuntu")
	not constraints.same("24.04", "24.4")
	not constraints.same("v1.33.2", "1.33")
	not constraints.same(true, "false")
	not constraints.same(false, "true")
	not constraints.same(null, "null")
}

test_membership if {
	expression := [[{"op": "in", "values": ["ubuntu", "rhel"]}]]
	constraints.holds("rhel", expression)
	not constraints.holds("cos", expression)
	not constraints.holds(null, [[{"op": "not in", "values": ["cos"]}]])
	constraints.holds("rhel", [[{"op": "not in", "values": ["cos"]}]])
	not constraints.holds("cos", [[{"op": "not in", "values": ["cos"]}]])
}

test_contains if {
	constraints.holds(["a", "b"], one("contains", "b"))
	constraints.holds("a, b", one("contains", "b"))
	not constraints.holds(["ab"], one("contains", "b"))
}

test_existence if {
	constraints.holds("x", [[{"op": "exists", "values": []}]])
	not constraints.holds(null, [[{"op": "exists", "values": []}]])
	constraints.holds(null, [[{"op": "absent", "values": []}]])
	not constraints.holds("x", [[{"op": "absent", "values": []}]])
}

test_difference_of_nothing_does_not_hold if not constraints.holds(null, one("!=", "rhel"))

test_all_of_one_alternative if {
	expression := [[{"op": ">=", "values": ["1.30"]}, {"op": "<", "values": ["1.33"]}], [{"op": "==", "values": ["1.35.1"]}]]
	constraints.holds("v1.31.2", expression)
	constraints.holds("v1.35.1", expression)
	not constraints.holds("v1.34.0", expression)
}

test_what_has_no_order if {
	not constraints.comparable("abc", one(">=", "1.0"))
	not constraints.comparable("", one(">=", "1.0"))
	not constraints.comparable(null, one(">=", "1.0"))
	not constraints.holds("abc", one(">=", "1.0"))
	constraints.comparable("abc", one("==", "1.0"))
	constraints.comparable("1.2", one(">=", "1.0"))
}

test_numbers_and_sizes_written_differently_are_the_same if {
	constraints.same("5128", "05128")
	constraints.same("1024Mi", "1Gi")
	not constraints.same("1023Mi", "1Gi")
}

test_unequal if {
	constraints.holds("v1.33.2", one("!=", "1.33"))
	not constraints.holds("v1.33.2", one("!=", "1.33.2"))
	not constraints.holds(null, one("!=", "1.33"))
}

test_upper_bounds if {
	constraints.holds("9", one("<=", "9"))
	constraints.holds("9", one("<", "10"))
}
