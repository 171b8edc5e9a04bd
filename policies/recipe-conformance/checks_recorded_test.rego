package eidos.recipe_conformance.checks_recorded_test

import data.eidos.recipe_conformance.checks_recorded as rule

said(name, wanted, results) := denied | warned if {
	checked := {"recipe": {"checks": [{"name": name, "is": wanted}]}}
	denied := {finding.msg | some finding in rule.deny} with input as checked
		with data.params as {"results": results}
	warned := {finding.msg | some finding in rule.warn} with input as checked
		with data.params as {"results": results}
}

test_good_enough_passes if {
	said("bandwidth", ">= 300 GB/s", {"bandwidth": 312.5}) == set()
	said("bandwidth", "> 300", {"bandwidth": "301"}) == set()
	said("latency", "<= 5 us", {"latency": 5}) == set()
	said("latency", "< 5 us", {"latency": 4}) == set()
}

test_too_slow_fails if {
	said("bandwidth", ">= 300 GB/s", {"bandwidth": 212}) == {"bandwidth is 212, expected >= 300 GB/s."}
}

test_no_result_warns if said("bandwidth", ">= 300 GB/s", {}) == {"No result of bandwidth is given, expected >= 300 GB/s."}

test_what_cannot_be_read_fails if {
	count(said("bandwidth", "fast", {"bandwidth": 212})) == 1
	count(said("bandwidth", ">= 300", {"bandwidth": "fast"})) == 1
}

test_without_checks_it_is_not_applicable if {
	not rule.applicable with input as {"recipe": {"checks": []}}
	rule.applicable with input as {"recipe": {"checks": [{"name": "a", "is": "> 1"}]}}
}
