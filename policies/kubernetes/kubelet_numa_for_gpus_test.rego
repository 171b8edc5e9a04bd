package eidos.kubernetes.kubelet_numa_for_gpus_test

import data.eidos.kubernetes.kubelet_numa_for_gpus as rule

facts(policy, gpus) := {"k8s": {"kubelet": {"topologyManagerPolicy": policy}}, "gpu": {"smi": {"gpu-count": gpus}}}

params := {"allowed": ["best-effort", "restricted"], "gpus": 2}

denied(policy) := findings if findings := rule.deny with input as facts(policy, 8) with data.params as params

test_best_effort_passes if count(denied("best-effort")) == 0

test_none_and_single_fail if {
	count(denied("none")) == 1
	some finding in denied("single-numa-node")
	finding.msg == "The topology manager's policy is single-numa-node, expected best-effort or restricted."
}

test_odd_values_fail if count(denied(null)) == 1

test_one_gpu_is_not_asked if {
	rule.applicable with input as facts("none", 8) with data.params as params
	not rule.applicable with input as facts("none", 1) with data.params as params
}
