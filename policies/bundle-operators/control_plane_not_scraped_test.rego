package eidos.bundle_operators.control_plane_not_scraped_test

import data.eidos.bundle_operators.control_plane_not_scraped as rule

denied(values) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"kube-prometheus-stack": {"values": values}}}}
}

off := {"enabled": false}

test_off_passes if count(denied({"kubeEtcd": off, "kubeScheduler": off, "kubeControllerManager": off, "kubeProxy": off})) == 0

test_default_fails if {
	some finding in denied({"kubeEtcd": off, "kubeScheduler": off, "kubeControllerManager": off})
	finding.path == `bundle.components["kube-prometheus-stack"].values.kubeProxy.enabled`
}

test_odd_values_fail if count(denied({"kubeEtcd": "x"})) == 4

test_applicable_to_managed_services if {
	rule.applicable with input as {"bundle": {"criteria": {"service": "gke"}, "components": {"kube-prometheus-stack": {}}}}
	not rule.applicable with input as {"bundle": {"criteria": {"service": "self-managed"}, "components": {"kube-prometheus-stack": {}}}}
}
