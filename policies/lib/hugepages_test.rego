package eidos.lib.hugepages_test

import data.eidos.lib.hugepages

test_default_size if {
	hugepages.default_size({}, "6.8.0-1028-aws") == "2M"
	hugepages.default_size({}, "6.8.0-1039-nvidia-64k") == "512M"
	hugepages.default_size({"default_hugepagesz": "1G"}, "6.8.0-1028-aws") == "1G"
	hugepages.default_size({}, null) == "2M"
}

test_one_pair if hugepages.declared({"hugepagesz": "2M", "hugepages": "5128"}, "2M") == 5128

test_size_is_the_default_where_none_is_said if hugepages.declared({"hugepages": "16"}, "2M") == 16

test_other_size_does_not_count if hugepages.declared({"hugepagesz": "1G", "hugepages": "2"}, "2M") == 0

test_pairs_in_order if {
	grub := {"hugepagesz": ["1G", "2M"], "hugepages": ["2", "5128"]}
	hugepages.declared(grub, "2M") == 5128
	hugepages.declared(grub, "1G") == 2
}

test_first_count_without_size if {
	grub := {"hugepagesz": "1G", "hugepages": ["100", "2"]}
	hugepages.declared(grub, "2M") == 100
}

test_same_size_written_differently if hugepages.declared({"hugepagesz": "2048K", "hugepages": "7"}, "2M") == 7

test_counts_for_each_node if hugepages.declared({"hugepages": "0:512,1:256"}, "2M") == 768

test_none if hugepages.declared({}, "2M") == 0

test_count_that_is_no_number_is_undefined if {
	not hugepages.declared({"hugepages": "many"}, "2M")
	not hugepages.declared({"hugepages": ""}, "2M")
	not hugepages.declared({"hugepages": null}, "2M")
	not hugepages.declared({"hugepagesz": "big", "hugepages": "8"}, "2M")
	not hugepages.declared({"hugepagesz": null, "hugepages": "8"}, "2M")
}
