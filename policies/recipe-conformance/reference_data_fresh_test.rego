package eidos.recipe_conformance.reference_data_fresh_test

import data.eidos.recipe_conformance.reference_data_fresh as rule

# 2026-11-24
today := 1795478400000000000

tables(day) := {
	"gpu_operator_matrix": {"as_of": "2026-11-20"},
	"known_good": {"as_of": day},
	"kubernetes_releases": {"as_of": "2026-11-20"},
}

said(day) := found if {
	found := {finding.msg | some finding in rule.warn} with data.tables as tables(day)
		with data.params as {"max_age_days": 60}
		with time.now_ns as today
}

test_fresh_passes if said("2026-11-01") == set()

test_old_warns if {
	said("2026-09-01") == {"The table known_good was last compared with its source 84 days ago, on 2026-09-01."}
}
