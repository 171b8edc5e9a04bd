package eidos.bundle_operators.monitoring_storage_test

import data.eidos.bundle_operators.monitoring_storage as rule

denied(spec) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"kube-prometheus-stack": {"values": {"prometheus": {"prometheusSpec": spec}}}}}}
}

claim(more) := {"spec": object.union({"resources": {"requests": {"storage": "50Gi"}}}, more)}

test_volume_passes if {
	count(denied({"storageSpec": {"emptyDir": null, "volumeClaimTemplate": claim({})}})) == 0
	count(denied({"storageSpec": {"volumeClaimTemplate": claim({"storageClassName": "gp3"})}, "nodeSelector": {"a": "b"}})) == 0
}

test_no_volume_fails if {
	some finding in denied({})
	contains(finding.msg, "no volume")
}

test_both_fail if count(denied({"storageSpec": {"emptyDir": {}, "volumeClaimTemplate": claim({})}})) == 1

test_class_without_selector_fails if count(denied({"storageSpec": {"volumeClaimTemplate": claim({"storageClassName": "gp3"})}})) == 1

test_odd_values_fail if {
	count(denied({"storageSpec": "x"})) == 1
	count(denied(null)) == 1
}

test_not_applicable_elsewhere if {
	rule.applicable with input as {"bundle": {"criteria": {"service": "eks"}, "components": {"kube-prometheus-stack": {}}}}
	not rule.applicable with input as {"bundle": {"components": {"kube-prometheus-stack": {}}}}
}
