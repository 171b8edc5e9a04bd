package eidos.kubernetes.wildcard_roles_limited_test

import data.eidos.kubernetes.wildcard_roles_limited as rule

entry(role, kept) := {"role": role, "namespace": "", "fields": ["verbs", "resources"], "default": kept}

denied(entries) := findings if {
	findings := rule.deny with input as {"k8s": {"rbac": {"wildcard-roles": entries}}}
		with data.params as {"allowed": ["ClusterRole/known*"]}
}

test_none_and_known_pass if {
	count(denied([])) == 0
	count(denied([entry("ClusterRole/known-operator", false), entry("ClusterRole/admin", true)])) == 0
}

test_another_fails if {
	some finding in denied([entry("ClusterRole/other", false)])
	finding.msg == "ClusterRole/other has a * in verbs, resources."
	finding.path == `k8s.rbac["wildcard-roles"][0]`
}
