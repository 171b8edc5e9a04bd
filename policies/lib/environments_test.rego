package eidos.lib.environments_test

import data.eidos.lib.environments

test_json_text if environments.value(`[{"name":"A","value":"b"},{"name":"C","value":"d"}]`, "C") == "d"

test_list if environments.value([{"name": "A", "value": "b"}], "A") == "b"

test_the_last_counts if environments.value([{"name": "A", "value": "b"}, {"name": "A", "value": "c"}], "A") == "c"

test_variable_that_is_not_set if {
	not environments.value([{"name": "A", "value": "b"}], "B")
	not environments.value([{"name": "A", "valueFrom": {}}], "A")
	not environments.value(null, "A")
}

test_readable if {
	environments.readable(null)
	environments.readable("")
	environments.readable("[]")
	not environments.readable("[{")
	not environments.readable("{}")
	not environments.readable(5)
}
