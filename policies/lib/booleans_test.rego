package eidos.lib.booleans_test

import data.eidos.lib.booleans

test_yes if {
	every value in [true, "true", "True", " yes ", "on", "1", 1, "Enabled"] {
		booleans.yes(value)
		not booleans.no(value)
	}
}

test_no if {
	every value in [false, "false", "FALSE", "no", "off", "0", 0, "Disabled"] {
		booleans.no(value)
		not booleans.yes(value)
	}
}

test_what_is_neither if {
	every value in ["", "maybe", null, 2, [], {}] {
		not booleans.no(value)
		not booleans.yes(value)
	}
}
