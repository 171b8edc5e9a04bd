package eidos.lib.findings_test

import data.eidos.lib.findings

test_unreadable_names_path_value_and_what_was_wanted if {
	findings.unreadable("gpu.smi.driver", "N/A", "a driver version") == {
		"msg": "gpu.smi.driver is \"N/A\", which cannot be read as a driver version.",
		"path": "gpu.smi.driver",
		"actual": "N/A",
		"expected": "a driver version",
	}
}

test_any_value_can_be_written if {
	findings.quoted("") == "\"\""
	findings.quoted(5) == "5"
	findings.quoted(null) == "null"
	findings.quoted([1]) == "[1]"
}
