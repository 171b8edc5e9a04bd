package eidos.supply_chain.component_lines_maintained_test

import data.eidos.supply_chain.component_lines_maintained as rule

tables := {"component_eol": {"components": [
	{
		"name": "cert-manager",
		"repository": "cert-manager-controller",
		"lines": {"1.18": "2026-03-10", "1.19": "2026-07-08", "1.20": "2026-12-10"},
		"current": ["1.21"],
		"maintained": "1.21",
	},
	{"name": "ingress-nginx", "repository": "ingress-nginx/controller", "retired": "2026-03-31", "maintained": "another"},
]}}

day := time.parse_rfc3339_ns("2026-11-24T00:00:00Z")

denied(image) := denied_by("warn", image)

denied_by(unlisted, image) := findings if {
	findings := rule.deny with input as {"k8s": {"image": image}}
		with data.tables as tables
		with data.params as {"warn_days": 30, "unlisted_line": unlisted}
		with time.now_ns as day
}

warned(image) := warned_by("warn", image)

warned_by(unlisted, image) := findings if {
	findings := rule.warn with input as {"k8s": {"image": image}}
		with data.tables as tables
		with data.params as {"warn_days": 30, "unlisted_line": unlisted}
		with time.now_ns as day
}

test_maintained_passes if {
	count(denied({"cert-manager-controller": "v1.21.1"})) == 0
	count(warned({"cert-manager-controller": "v1.21.1"})) == 0
}

test_a_line_that_nobody_knows_is_told if {
	image := {"cert-manager-controller": "v1.99.0"}
	count(denied(image)) == 0
	some finding in warned(image)
	contains(finding.msg, "is of a line of which it is not known whether it gets fixes, expected 1.21.")
	count(denied_by("fail", image)) == 1
	count(warned_by("fail", image)) == 0
	count(warned_by("ignore", image)) == 0
}

test_ended_line_fails if {
	some finding in denied({"cert-manager-controller": "v1.19.3"})
	finding.msg == "cert-manager v1.19.3 gets no fixes since 2026-07-08, expected 1.21."
}

test_line_below_the_lowest_fails if {
	some finding in denied({"cert-manager-controller": "v1.9.1"})
	finding.msg == "cert-manager v1.9.1 gets no fixes since 2026-03-10 at the latest, expected 1.21."
}

test_line_that_ends_soon_warns if {
	count(denied({"cert-manager-controller": "v1.20.0"})) == 0
	count(warned({"cert-manager-controller": "v1.20.0"})) == 1
}

test_retired_project_fails if {
	image := {"containers": [{"registry": "registry.k8s.io", "repository": "ingress-nginx/controller", "tag": "v1.14.1"}]}
	some finding in denied(image)
	contains(finding.msg, "no fixes since 2026-03-31")
}

test_other_controller_passes if {
	count(denied({"controller": "v1.0.0"})) == 0
	count(denied({"my-cert-manager-controller": "v1.0.0"})) == 0
}

test_unreadable_tags_fail if {
	count(denied({"cert-manager-controller": "latest"})) == 1
	count(denied({"cert-manager-controller": null})) == 1
	count(denied({"cert-manager-controller": "v1"})) == 1
}

test_other_images_are_not_applicable if {
	not rule.applicable with input as {"k8s": {"image": {"redis": "7"}}} with data.tables as tables
	rule.applicable with input as {"k8s": {"image": {"cert-manager-controller": "v1"}}}
		with data.tables as tables
		with data.params as {"unlisted_line": "warn"}
}

asked(tag, unlisted) if {
	rule.applicable with input as {"k8s": {"image": {"cert-manager-controller": tag}}}
		with data.tables as tables
		with data.params as {"unlisted_line": unlisted}
}

test_an_ignored_line_is_not_judged if {
	not asked("v1.99.0", "ignore")
	asked("v1.99.0", "warn")
	asked("v1.21.1", "ignore")
	asked("v1.9.1", "ignore")
	asked("latest", "ignore")
}
