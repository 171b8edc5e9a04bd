package eidos.kubernetes.token_creation_limited_test

import data.eidos.kubernetes.token_creation_limited as rule

grant(name) := {
	"kind": "ServiceAccount", "namespace": "tools", "name": name, "role": "ClusterRole/x",
	"binding": "ClusterRoleBinding/b", "scope": "", "default": false,
}

denied(grants) := findings if {
	findings := rule.deny with input as {"k8s": {"rbac": {"token-create": grants}}}
		with data.params as {"allowed": ["tools/known"]}
}

test_nobody_and_the_allowed_pass if {
	count(denied([])) == 0
	count(denied([grant("known")])) == 0
}

test_another_fails if {
	some finding in denied([grant("known"), grant("other")])
	finding.msg == "ServiceAccount tools/other may make tokens of any service account: ClusterRoleBinding/b grants ClusterRole/x."
	finding.path == `k8s.rbac["token-create"][1]`
}

test_a_grant_in_one_namespace_is_not_judged if count(denied([object.union(grant("other"), {"scope": "shop"})])) == 0
