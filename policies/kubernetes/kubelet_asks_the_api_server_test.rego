package eidos.kubernetes.kubelet_asks_the_api_server_test

import data.eidos.kubernetes.kubelet_asks_the_api_server as rule

denied(authorization) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": {"authorization": authorization}}}
}

test_webhook_passes if count(denied({"mode": "Webhook"})) == 0

test_always_allow_fails if {
	some finding in denied({"mode": "AlwaysAllow"})
	finding.msg == "The kubelet's authorization is AlwaysAllow, expected Webhook."
}

test_odd_values_fail if {
	count(denied({})) == 1
	count(denied({"mode": null})) == 1
}
