package eidos.os_hardening.cpu_vulnerabilities_mitigated_test

import data.eidos.os_hardening.cpu_vulnerabilities_mitigated as rule

denied(state) := findings if {
	findings := rule.deny with input as {"os": {"mitigations": {"retbleed": state, "accepted_one": "Vulnerable"}}}
		with data.params as {"accepted": ["accepted_one"]}
}

test_mitigated_passes if {
	count(denied("Not affected")) == 0
	count(denied("Mitigation: untrained return thunk; SMT enabled with STIBP protection")) == 0
	count(denied("KVM: Mitigation: Split huge pages")) == 0
}

test_open_fails if {
	some finding in denied("Vulnerable")
	finding.msg == "retbleed: Vulnerable."
	count(denied("Mitigation: PTE Inversion; VMX: vulnerable; BHI: Vulnerable")) == 1
}

test_what_the_kernel_does_not_know_fails if {
	count(denied("Unknown: No mitigations")) == 1
	count(denied(null)) == 1
}
