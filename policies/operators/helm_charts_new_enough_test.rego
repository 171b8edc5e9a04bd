package eidos.operators.helm_charts_new_enough_test

import data.eidos.operators.helm_charts_new_enough as rule

tables := {"chart_floors": {"charts": [
	{"chart": "kai-scheduler", "floor": "0.13.0", "why": "it fixes CVE-1"},
	{"chart": "agentgateway", "floor": "1.4.0", "kubernetes": "1.37", "why": "it is refused"},
]}}

facts(server, chart, version) := {"k8s": {
	"server": {"version": server},
	"helm": {"a/b": {"chart": chart, "version": version, "status": "deployed"}},
}}

denied(server, chart, version) := findings if {
	findings := rule.deny with input as facts(server, chart, version) with data.tables as tables
}

test_new_and_others_pass if {
	count(denied("v1.36.0", "kai-scheduler", "v0.16.9")) == 0
	count(denied("v1.36.0", "web", "0.1.0")) == 0
}

test_old_fails if {
	some finding in denied("v1.36.0", "kai-scheduler", "0.12.0")
	finding.msg == "Chart kai-scheduler 0.12.0 (release a/b) is below 0.13.0: it fixes CVE-1."
}

test_some_only_from_a_release_on if {
	count(denied("v1.36.4", "agentgateway", "1.3.0")) == 0
	count(denied("v1.37.0", "agentgateway", "1.3.0")) == 1
}

test_odd_values_fail if {
	count(denied("v1.36.0", "kai-scheduler", null)) == 1
	count(denied("what", "web", "1.0.0")) == 1
}

test_not_asked_without_a_chart_that_has_a_floor if {
	rule.applicable with input as facts("v1.36.0", "kai-scheduler", "1.0.0") with data.tables as tables
	not rule.applicable with input as facts("v1.36.0", "web", "1.0.0") with data.tables as tables
	not rule.applicable with input as {"k8s": {"helm": {}}} with data.tables as tables
}

test_not_asked_where_no_floor_holds_yet if {
	not rule.applicable with input as facts("v1.36.0", "agentgateway", "1.3.0") with data.tables as tables
	rule.applicable with input as facts("v1.37.0", "agentgateway", "1.3.0") with data.tables as tables
	rule.applicable with input as facts("what", "agentgateway", "1.3.0") with data.tables as tables
}
