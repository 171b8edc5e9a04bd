package eidos.gpu.efa_driver_branch_test

import data.eidos.gpu.efa_driver_branch as rule

params := {"models": ["GB200", "GB300"], "first_broken": "595"}

facts(driver) := {
	"gpu": {"smi": {"driver": driver, "gpu.model": "NVIDIA GB200"}},
	"k8s": {"node": {"provider": "eks"}},
	"os": {"kmod": {"efa": true}},
}

denied(driver) := findings if findings := rule.deny with input as facts(driver) with data.params as params

asked(change) if rule.applicable with input as object.union(facts("595.71.05"), change) with data.params as params

test_r580_passes if count(denied("580.173.02")) == 0

test_r595_and_newer_fail if {
	count(denied("610.57.04")) == 1
	some finding in denied("595.71.05")
	contains(finding.msg, "Driver 595.71.05 cannot share GPU memory with EFA on NVIDIA GB200")
	finding.expected == "older than R595"
}

test_what_is_no_version_fails if count(denied(595)) == 1

test_applicable if asked({})

test_not_applicable_elsewhere if {
	not asked({"k8s": {"node": {"provider": "gke"}}})
	not asked({"gpu": {"smi": {"gpu.model": "NVIDIA H100"}}})
	not asked({"gpu": {"smi": {"gpu.model": null}}})
	not asked({"os": {"kmod": {"efa": false}}})
}
