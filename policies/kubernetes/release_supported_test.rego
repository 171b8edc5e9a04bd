package eidos.kubernetes.release_supported_test

import data.eidos.kubernetes.release_supported as rule

tables := {"kubernetes_releases": {"releases": {
	"1.33": {
		"end": {"upstream": "2026-06-28", "eks": "2026-07-29"},
		"extended": {"eks": "2027-07-29"},
	},
	"1.32": {"end": {"upstream": "2026-02-28"}},
}}}

day(date) := time.parse_rfc3339_ns(sprintf("%vT00:00:00Z", [date]))

params := {"warn_days": 60, "extended_support": false, "unlisted_release": "fail"}

facts(version, node) := {"k8s": {"server": {"version": version}}, "nodes": {"a": {"k8s": {"node": node}}}}

denied(version, date, change) := findings if {
	findings := rule.deny with input as facts(version, {"provider": "self"})
		with data.params as object.union(params, change)
		with data.tables as tables
		with time.now_ns as day(date)
}

warned(version, date, change) := findings if {
	findings := rule.warn with input as facts(version, {"provider": "self"})
		with data.params as object.union(params, change)
		with data.tables as tables
		with time.now_ns as day(date)
}

eks := "v1.33.5-eks-3025e55"

test_supported_passes if {
	count(denied(eks, "2026-04-01", {})) == 0
	count(warned(eks, "2026-04-01", {})) == 0
}

test_last_day_passes_with_a_warning if {
	count(denied(eks, "2026-07-29", {})) == 0
	some finding in warned(eks, "2026-07-29", {})
	finding.msg == "Support of Kubernetes 1.33 by EKS ends on 2026-07-29, in 0 days."
}

test_warns_within_the_days if {
	count(warned(eks, "2026-05-30", {})) == 1
	count(warned(eks, "2026-05-29", {})) == 0
}

test_ended_fails_and_tells_of_extended_support if {
	some finding in denied(eks, "2026-11-24", {})
	finding.msg == "Support of Kubernetes 1.33 by EKS ended on 2026-07-29; extended support, at extra cost, until 2027-07-29."
	finding.path == "k8s.server.version"
}

test_extended_support_can_be_accepted if {
	count(denied(eks, "2026-11-24", {"extended_support": true})) == 0
	count(warned(eks, "2026-11-24", {"extended_support": true})) == 0
	count(denied(eks, "2027-07-30", {"extended_support": true})) == 1
}

test_upstream_counts_where_the_provider_has_no_day if {
	some finding in denied("v1.33.5", "2026-06-29", {})
	finding.msg == "Support of Kubernetes 1.33 by upstream ended on 2026-06-28."
	count(denied("v1.32.4-gke.100", "2026-02-28", {})) == 0
	count(denied("v1.32.4-gke.100", "2026-03-01", {"extended_support": true})) == 1
}

test_provider_comes_from_the_nodes if {
	findings := rule.deny with input as facts("v1.33.5", {"provider": "eks"})
		with data.params as params
		with data.tables as tables
		with time.now_ns as day("2026-07-01")
	count(findings) == 0
}

test_unlisted_release_fails if {
	count(denied("v1.99.0", "2026-04-01", {})) == 1
	count(denied("v1.99.0", "2026-04-01", {"unlisted_release": "warn"})) == 0
	count(warned("v1.99.0", "2026-04-01", {"unlisted_release": "warn"})) == 1
}

test_what_is_no_version_fails if {
	count(denied("unknown", "2026-04-01", {})) == 1
	count(denied(1.33, "2026-04-01", {})) == 1
}

asked(version, unlisted) if {
	rule.applicable with input as {"k8s": {"server": {"version": version}}}
		with data.params as {"unlisted_release": unlisted}
		with data.tables as tables
}

test_an_ignored_release_is_not_judged if {
	not asked("v1.99.0", "ignore")
	asked("v1.99.0", "warn")
	asked("v1.33.5", "ignore")
	asked("unknown", "ignore")
}
