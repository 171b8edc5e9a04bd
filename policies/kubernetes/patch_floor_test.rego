package eidos.kubernetes.patch_floor_test

import data.eidos.kubernetes.patch_floor as rule

tables := {"kubernetes_floors": {"floors": {"1.33": {"floor": "1.33.10", "fixes": "CVE-2025-13281"}}}}

denied(version, unlisted_release) := findings if {
	findings := rule.deny with input as {"k8s": {"server": {"version": version}}}
		with data.params as {"unlisted_release": unlisted_release}
		with data.tables as tables
}

test_floor_passes if count(denied("v1.33.10-eks-1", "fail")) == 0

test_older_fails_by_number if {
	some finding in denied("v1.33.9-eks-1", "fail")
	finding.msg == "Kubernetes v1.33.9-eks-1 is below 1.33.10, which fixes CVE-2025-13281."
	finding.expected == ">= 1.33.10"
}

test_unlisted_release_fails if {
	count(denied("v1.20.0", "fail")) == 1
	count(denied("v1.20.0", "warn")) == 0
	findings := rule.warn with input as {"k8s": {"server": {"version": "v1.20.0"}}}
		with data.params as {"unlisted_release": "warn"}
		with data.tables as tables
	count(findings) == 1
}

test_what_is_no_version_fails if {
	count(denied("", "fail")) == 1
	count(denied(null, "fail")) == 1
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
