package eidos.lib.quantities_test

import data.eidos.lib.quantities

test_numbers if {
	every written, expected in {"4": 4, " 4\n": 4, "0": 0, "-1": -1, "007": 7, "00": 0} {
		quantities.number(written) == expected
	}
	quantities.number(4) == 4
}

test_what_is_no_number_is_undefined if {
	every value in ["", "four", "4 5", "1e3", "1.5", "18446744073709551615", null, true, []] {
		not quantities.number(value)
	}
}

test_sizes if {
	every written, expected in {"2M": 2097152, "1G": 1073741824, "64k": 65536, "4096": 4096, "0": 0} {
		quantities.bytes(written) == expected
	}
	quantities.bytes(67108864) == 67108864
	not quantities.bytes("lots")
	not quantities.bytes(null)
}
