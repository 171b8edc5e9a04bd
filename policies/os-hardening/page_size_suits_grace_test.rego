package eidos.os_hardening.page_size_suits_grace_test

import data.eidos.os_hardening.page_size_suits_grace as rule

params := {"models": ["GB200"], "providers_with_small_pages": ["eks"]}

facts(model, kernel, provider) := {
	"gpu": {"smi": {"gpu.model": model}},
	"os": {"sysctl": {"/proc/sys/kernel/osrelease": kernel}},
	"k8s": {"node": {"provider": provider}},
}

warned(kernel) := findings if {
	findings := rule.warn with input as facts("NVIDIA GB200", kernel, "oke") with data.params as params
}

relevant(model, provider) if {
	rule.applicable with input as facts(model, "6.8.0-1028-aws", provider) with data.params as params
}

test_large_pages_pass if {
	count(warned("6.8.0-1039-nvidia-64k")) == 0
	count(warned("5.14.0-427.el9.aarch64+64k")) == 0
}

test_small_pages_warn if {
	some finding in warned("6.8.0-1039-nvidia")
	contains(finding.msg, "6.8.0-1039-nvidia")
}

test_applicable_to_grace_outside_eks if {
	relevant("NVIDIA GB200", "oke")
	not relevant("NVIDIA GB200", "eks")
	not relevant("NVIDIA H100 80GB HBM3", "oke")
	not relevant("", "oke")
	not relevant(null, "oke")
}

test_odd_kernel_warns if count(warned(null)) == 1
