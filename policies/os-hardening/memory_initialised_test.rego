package eidos.os_hardening.memory_initialised_test

import data.eidos.os_hardening.memory_initialised as rule

facts(grub, gpus) := {"os": {"grub": grub}, "gpu": {"smi": {"gpu-count": gpus}}}

denied(grub, gpus) := findings if {
	findings := rule.deny with input as facts(grub, gpus)
}

test_gpu_node_passes if count(denied({"init_on_alloc": "0"}, 4)) == 0

test_node_without_gpu_fails if {
	some finding in denied({"init_on_alloc": "0"}, 0)
	finding.path == "os.grub.init_on_alloc"
}

test_every_way_to_say_no_fails if {
	every said in ["off", "0", "n", "no", "OFF", ["1", "off"], 0, false] {
		count(denied({"init_on_alloc": said}, 0)) == 1
	}
}

test_what_the_kernel_does_not_understand_changes_nothing if {
	count(denied({"init_on_alloc": ["off", "maybe"]}, 0)) == 1
	count(denied({"init_on_alloc": "maybe"}, 0)) == 0
	count(denied({"init_on_alloc": ""}, 0)) == 0
}

test_text_is_a_number if count(denied({"init_on_free": "0"}, "8")) == 0

test_odd_count_is_no_gpu if {
	count(denied({"init_on_alloc": "0"}, "none")) == 1
	count(denied({"init_on_alloc": "0"}, null)) == 1
}

test_default_is_not_applicable if {
	not rule.applicable with input as facts({"init_on_alloc": "1"}, 0)
	not rule.applicable with input as facts({"init_on_alloc": "on"}, 0)
	not rule.applicable with input as facts({}, 0)
}

test_given_up_is_applicable if rule.applicable with input as facts({"init_on_alloc": "0"}, 0)
