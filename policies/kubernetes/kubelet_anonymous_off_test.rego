package eidos.kubernetes.kubelet_anonymous_off_test

import data.eidos.kubernetes.kubelet_anonymous_off as rule

denied(authentication) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": {"authentication": authentication}}}
}

test_off_passes if count(denied({"anonymous": {"enabled": false}})) == 0

test_on_fails if {
	some finding in denied({"anonymous": {"enabled": true}})
	finding.msg == "The kubelet takes requests without a credential."
	finding.path == "k8s.kubelet.authentication.anonymous.enabled"
}

test_odd_values_fail if {
	count(denied({"anonymous": {"enabled": "perhaps"}})) == 1
	count(denied({})) == 1
}
