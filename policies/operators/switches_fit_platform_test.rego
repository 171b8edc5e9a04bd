package eidos.operators.switches_fit_platform_test

import data.eidos.operators.switches_fit_platform as rule

params := {"platforms": [
	{"provider": "eks", "image": "Amazon Linux", "must": {"driver": false, "toolkit": false}},
	{"provider": "eks", "image": "Ubuntu", "usual": {"driver": true, "toolkit": true}},
	{"provider": "gke", "image": "Container-Optimized OS", "must": {"driver": false, "toolkit": true}},
]}

facts(provider, image, policy) := {
	"k8s": {"node": {"provider": provider, "os-image": image}, "policy": policy},
	"gpu": {"smi": {"gpu-count": 8}},
}

off := {"driver.enabled": "false", "toolkit.enabled": "false"}

on := {"driver.enabled": "true", "toolkit.enabled": "true"}

denied(provider, image, policy) := findings if {
	findings := rule.deny with input as facts(provider, image, policy) with data.params as params
}

warned(provider, image, policy) := findings if {
	findings := rule.warn with input as facts(provider, image, policy) with data.params as params
}

relevant(subject) if {
	rule.applicable with input as subject with data.params as params
}

test_host_owns_passes if count(denied("eks", "Amazon Linux 2023.6.20241121", off)) == 0

test_operator_owns_passes if {
	count(denied("eks", "Ubuntu 22.04.5 LTS", on)) == 0
	count(warned("eks", "Ubuntu 22.04.5 LTS", on)) == 0
}

test_second_driver_fails if {
	findings := denied("eks", "Amazon Linux 2023.6.20241121", on)
	count(findings) == 2
	some finding in findings
	finding.msg == "driver.enabled is true on eks nodes with Amazon Linux, expected false."
}

test_default_counts_as_on if count(denied("eks", "Amazon Linux 2023", {"driver.version": "1"})) == 2

test_missing_toolkit_fails if {
	some finding in denied("gke", "Container-Optimized OS from Google", off)
	finding.path == `k8s.policy["toolkit.enabled"]`
}

test_unusual_warns if {
	count(denied("eks", "Ubuntu 22.04.5 LTS", off)) == 0
	count(warned("eks", "Ubuntu 22.04.5 LTS", off)) == 2
}

test_odd_switch_fails if {
	count(denied("eks", "Ubuntu 22.04.5 LTS", {"driver.enabled": "perhaps", "toolkit.enabled": null})) == 2
}

test_applicable_to_known_platforms_with_gpus if {
	relevant(facts("eks", "Ubuntu 22.04.5 LTS", on))
	not relevant(facts("aks", "Ubuntu 22.04.5 LTS", on))
	not relevant(facts("eks", "Ubuntu 22.04.5 LTS", {}))
	not relevant(facts("eks", null, on))
	not relevant(object.union(facts("eks", "Ubuntu 22.04.5 LTS", on), {"gpu": {"smi": {"gpu-count": 0}}}))
}
