package eidos.lib.units_test

import data.eidos.lib.units

test_loaded if units.loaded({"LoadState": "loaded"})

test_unit_not_found_is_not_loaded if not units.loaded({"LoadState": "not-found", "LimitMEMLOCK": 1})

test_empty_unit_is_not_loaded if not units.loaded({})

test_infinite if {
	every limit in ["infinity", "18446744073709551615", 18446744073709551615, 18446744073709550592] {
		units.infinite(limit)
	}
}

test_finite if {
	every limit in ["65536", 65536, 0, "", null, true, 9223372036854775807] {
		not units.infinite(limit)
	}
}

test_path if units.path("containerd.service", "LimitMEMLOCK") == `systemd["containerd.service"].LimitMEMLOCK`
