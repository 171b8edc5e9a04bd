package eidos.bundle_hygiene.no_secrets_test

import data.eidos.bundle_hygiene.no_secrets as rule

denied(values) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"c": {"values": values}}, "objects": []}}
}

test_references_pass if {
	count(denied({"imagePullSecrets": ["ngc"], "existingSecret": "x", "tokenTTL": "1h", "secretKeyRef": {"key": "password"}})) == 0
	count(denied({"env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}], "useToken": true, "mountToken": "true", "adminPassword": ""})) == 0
}

test_password_fails_and_is_not_shown if {
	some finding in denied({"grafana": {"adminPassword": "hunter2"}})
	finding.path == `bundle.components["c"].values.grafana.adminPassword`
	not contains(json.marshal(finding), "hunter2")
}

test_recognised_secrets_fail if {
	count(denied({"a": "-----BEGIN RSA PRIVATE KEY-----\nx"})) == 1
	count(denied({"a": "nvapi-0123456789012345678901234567890123456789"})) == 1
}

test_variable_fails if count(denied({"env": [{"name": "NGC_API_KEY", "value": "x"}]})) == 1

test_secret_object_fails if {
	found := rule.deny with input as {"bundle": {"components": {}, "objects": [{"object": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "eA=="}}}]}}
	count(found) == 1
}

test_odd_values_pass if count(denied([null, 1, {"": {"name": 3}}])) == 0
