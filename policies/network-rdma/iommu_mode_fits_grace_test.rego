package eidos.network_rdma.iommu_mode_fits_grace_test

import data.eidos.network_rdma.iommu_mode_fits_grace as rule

params := {"models": ["GB200"], "kernel": "6.11", "fixed_flavours": ["nvidia"]}

facts(grub, kernel, policy) := {
	"gpu": {"smi": {"gpu.model": "NVIDIA GB200"}},
	"os": {"grub": grub, "sysctl": {"/proc/sys/kernel/osrelease": kernel}},
	"k8s": {"policy": policy},
}

denied(grub, kernel, policy) := findings if {
	findings := rule.deny with input as facts(grub, kernel, policy) with data.params as params
}

warned(grub, kernel, policy) := findings if {
	findings := rule.warn with input as facts(grub, kernel, policy) with data.params as params
}

relevant(model) if {
	rule.applicable with input as {"gpu": {"smi": {"gpu.model": model}}} with data.params as params
}

passthrough := {"iommu.passthrough": "1"}

translated := {"iommu.passthrough": "0"}

storage := {"gds.enabled": "true"}

test_passthrough_on_a_new_kernel_passes if {
	count(denied(passthrough, "6.14.0-1018-aws", {})) == 0
	count(warned(passthrough, "6.14.0-1018-aws", {})) == 0
}

test_passthrough_on_a_fixed_kernel_passes if count(denied(passthrough, "6.8.0-1039-nvidia-64k", {})) == 0

test_passthrough_on_an_old_kernel_fails if {
	some finding in denied(passthrough, "6.8.0-1028-aws", {})
	finding.msg == "iommu.passthrough on the kernel line is 1, expected 0: kernel 6.8.0-1028-aws is older than 6.11."
	finding.path == `os.grub["iommu.passthrough"]`
}

test_compares_numbers_not_text if count(denied(passthrough, "6.9.0", {})) == 1

test_passthrough_with_storage_fails if count(denied(passthrough, "6.14.0", storage)) == 1

test_absent_fails_where_it_can_be_used if {
	some finding in denied({}, "6.14.0-1018-aws", {})
	finding.expected == "1"
}

test_absent_with_storage_fails if {
	some finding in denied({}, "6.14.0-1018-aws", storage)
	finding.expected == "0"
}

test_absent_warns_where_the_kernel_is_old if {
	count(denied({}, "6.8.0-1028-aws", {})) == 0
	count(warned({}, "6.8.0-1028-aws", {})) == 1
}

test_translation_said_passes if {
	count(denied(translated, "6.8.0-1028-aws", storage)) == 0
	count(warned(translated, "6.8.0-1028-aws", {})) == 0
}

test_every_way_to_say_yes_and_no if {
	every said in ["on", "y", "Yes", "T"] {
		count(denied({"iommu.passthrough": said}, "6.8.0-1028-aws", {})) == 1
		count(denied({"iommu.passthrough": said}, "6.14.0", {})) == 0
	}
	every said in ["off", "n", "No", "F"] {
		count(denied({"iommu.passthrough": said}, "6.8.0-1028-aws", {})) == 0
	}
}

test_odd_value_fails if {
	count(denied({"iommu.passthrough": "maybe"}, "6.14.0", {})) == 1
	count(denied({"iommu.passthrough": null}, "6.14.0", {})) == 1
}

test_odd_kernel_is_not_usable if count(denied(passthrough, "nvidia", {})) == 1

test_applicable_to_grace if {
	relevant("NVIDIA GB200")
	not relevant("NVIDIA H100 80GB HBM3")
	not relevant(null)
}
