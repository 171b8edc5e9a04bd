package eidos.network_rdma.device_isolation_fits_tenancy_test

import data.eidos.network_rdma.device_isolation_fits_tenancy as rule

params(tenancy) := {
	"tenancy": tenancy,
	"weakening": {"iommu": ["pt", "off"], "intremap": ["off", "nosid"]},
	"weakening_booleans": {"iommu.passthrough": true, "arm-smmu.disable_bypass": false},
	"weakening_pci": ["disable_acs_redir"],
	"switches": ["pcie_acs_override"],
}

denied(grub, tenancy) := findings if {
	findings := rule.deny with input as {"os": {"grub": grub}} with data.params as params(tenancy)
}

warned(grub, tenancy) := findings if {
	findings := rule.warn with input as {"os": {"grub": grub}} with data.params as params(tenancy)
}

test_isolated_passes_everywhere if {
	every tenancy in ["single", "multi", "unknown"] {
		count(denied({"iommu.passthrough": "0"}, tenancy)) == 0
		count(warned({"iommu.passthrough": "0"}, tenancy)) == 0
	}
}

test_single_tenant_may_weaken if {
	count(denied({"iommu": "pt"}, "single")) == 0
	count(warned({"iommu": "pt"}, "single")) == 0
}

test_several_tenants_fail if {
	some finding in denied({"iommu": "pt"}, "multi")
	finding.msg == "iommu=pt on the kernel line weakens device isolation and params.tenancy is multi, expected it to be absent."
	finding.path == "os.grub.iommu"
}

test_unknown_tenancy_warns if {
	count(denied({"iommu.passthrough": "1"}, "unknown")) == 0
	count(warned({"iommu.passthrough": "1"}, "unknown")) == 1
}

test_every_way_to_say_yes_fails if {
	every said in ["1", "on", "y", "Yes", "true", ["0", "on"], 1] {
		count(denied({"iommu.passthrough": said}, "multi")) == 1
	}
}

test_every_way_to_say_no_passes if {
	every said in ["0", "off", "n", "No", ["1", "off"], "maybe", ""] {
		count(denied({"iommu.passthrough": said}, "multi")) == 0
	}
}

test_protections_switched_off_fail if {
	count(denied({"arm-smmu.disable_bypass": "n"}, "multi")) == 1
	count(denied({"intremap": "nosid"}, "multi")) == 1
}

test_misspelt_tenancy_fails if count(denied({"iommu": "off"}, "Single")) == 1

test_acs_redirection_is_found_among_repeated_options if {
	some finding in denied({"pci": ["realloc=off", "nocrs,disable_acs_redir=pci:0:0"]}, "multi")
	finding.actual == "pci=disable_acs_redir=pci:0:0"
}

test_switch_fails if count(denied({"pcie_acs_override": "downstream"}, "multi")) == 1

test_odd_values_do_not_stop if count(denied({"pci": null, "iommu": {}}, "multi")) == 0
