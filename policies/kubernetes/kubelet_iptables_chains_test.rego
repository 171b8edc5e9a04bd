package eidos.kubernetes.kubelet_iptables_chains_test

import data.eidos.kubernetes.kubelet_iptables_chains as rule

denied(kubelet) := findings if {
	findings := rule.deny with input as {"k8s": {"kubelet": kubelet}}
}

test_on_passes if {
	count(denied({"makeIPTablesUtilChains": true})) == 0
	count(denied({"makeIPTablesUtilChains": "true"})) == 0
}

test_off_fails if {
	some finding in denied({"makeIPTablesUtilChains": false})
	finding.msg == "The kubelet does not make its iptables chains."
}

test_absent_and_odd_values_fail if {
	count(denied({})) == 1
	count(denied({"makeIPTablesUtilChains": "perhaps"})) == 1
}
