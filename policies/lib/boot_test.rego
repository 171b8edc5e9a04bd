package eidos.lib.boot_test

import data.eidos.lib.boot

grub := {"nokaslr": "", "hugepages": ["5128", "2"], "audit": "1", "null": null}

test_given if {
	boot.given(grub, "nokaslr")
	boot.given(grub, "null")
	not boot.given(grub, "absent")
}

test_values if {
	boot.values(grub, "hugepages") == ["5128", "2"]
	boot.values(grub, "audit") == ["1"]
	boot.values(grub, "absent") == []
}

test_the_last_counts if {
	boot.last(grub, "hugepages") == "2"
	boot.last(grub, "nokaslr") == ""
	not boot.last(grub, "absent")
}

test_fact if boot.fact("hugepages") == "os.grub[\"hugepages\"]"
