package eidos.lib.kernel_args_test

import data.eidos.lib.kernel_args

args := {
	"pci": ["realloc=off", "disable_acs_redir=pci:0:0"],
	"mitigations": "auto,nosmt",
	"nokaslr": "",
	"iommu.passthrough": "1",
	"spec-store-bypass-disable": "on",
	"hugepages": 8,
	"quiet": true,
}

test_text_is_one_value if kernel_args.values(args, "mitigations") == ["auto,nosmt"]

test_list_is_every_value if kernel_args.values(args, "pci") == ["realloc=off", "disable_acs_redir=pci:0:0"]

test_absent_has_none if kernel_args.values(args, "audit") == []

test_number_and_truth_are_text if {
	kernel_args.values(args, "hugepages") == ["8"]
	kernel_args.values(args, "quiet") == [""]
}

test_dash_and_underscore_are_the_same if kernel_args.last(args, "spec_store_bypass_disable") == "on"

test_both_signs_in_one_name if {
	mixed := {"spec_store-bypass-disable": "off"}
	kernel_args.last(mixed, "spec_store_bypass_disable") == "off"
	kernel_args.path(mixed, "spec_store_bypass_disable") == "os.grub.spec_store-bypass-disable"
}

test_both_spellings_on_one_line if {
	both := {"init-on-alloc": "1", "init_on_alloc": "0"}
	kernel_args.values(both, "init_on_alloc") == ["1", "0"]
	kernel_args.path(both, "init_on_alloc") == "os.grub.init_on_alloc"
}

test_argument_without_value_is_present if kernel_args.present(args, "nokaslr")

test_absent_is_not_present if not kernel_args.present(args, "audit")

test_last_counts if kernel_args.last({"audit": ["0", "1"]}, "audit") == "1"

test_last_of_absent_is_undefined if not kernel_args.last(args, "audit")

test_options if kernel_args.options(args, "mitigations") == {"auto", "nosmt"}

test_paths if {
	kernel_args.path(args, "nokaslr") == "os.grub.nokaslr"
	kernel_args.path(args, "iommu.passthrough") == `os.grub["iommu.passthrough"]`
	kernel_args.path(args, "spec_store_bypass_disable") == "os.grub.spec-store-bypass-disable"
	kernel_args.path(args, "audit") == "os.grub.audit"
}

test_boolean_is_read_as_the_kernel_does if {
	every said in ["y", "Yes", "true", "1", "on", "ON", " on"] {
		kernel_args.boolean({"a": said}, "a")
	}
	every said in ["n", "No", "false", "0", "off", "OFF", "00", false, 0] {
		kernel_args.boolean({"a": said}, "a") == false
	}
}

test_the_last_value_that_is_understood_counts if {
	kernel_args.boolean({"a": ["0", "1"]}, "a")
	kernel_args.boolean({"a": ["1", "off", "maybe"]}, "a") == false
}

is_understood(args) if is_boolean(kernel_args.boolean(args, "a"))

test_no_boolean if {
	every said in ["", "maybe", "disabled", "o", {}, null, []] {
		not is_understood({"a": said})
	}
	not is_understood({})
	is_understood({"a": "1"})
}
