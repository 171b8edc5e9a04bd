package eidos.os_hardening.gpu_tuning_applied_test

import data.eidos.os_hardening.gpu_tuning_applied as rule

tables := {"gpu_tuning": {"profiles": [{
	"name": "gb200",
	"models": ["GB200", "GB300"],
	"kernel_args": [{"name": "init_on_alloc", "value": "0"}],
	"sysctls": [{"key": "/proc/sys/vm/max_map_count", "op": ">=", "value": 262144}],
	"limits": [{"property": "LimitSTACK", "minimum": 67108864}],
}]}}

facts(changes) := object.union(
	{
		"gpu": {"smi": {"gpu.model": "NVIDIA GB200"}},
		"os": {"grub": {"init_on_alloc": "0"}, "sysctl": {"/proc/sys/vm/max_map_count": "262144"}},
		"systemd": {"containerd.service": {"LoadState": "loaded", "LimitSTACK": 67108864}},
	},
	changes,
)

denied(changes) := findings if {
	findings := rule.deny with input as facts(changes)
		with data.tables as tables
}

relevant(model) if {
	rule.applicable with input as {"gpu": {"smi": {"gpu.model": model}}}
		with data.tables as tables
}

test_applied_passes if count(denied({})) == 0

test_argument_absent_fails if {
	findings := rule.deny with input as object.remove(facts({}), ["systemd"]) with input.os.grub as {} with data.tables as tables
	some finding in findings
	finding.msg == "init_on_alloc on the kernel line is absent, expected 0 (gb200)."
}

test_argument_in_other_words_passes if count(denied({"os": {"grub": {"init_on_alloc": "off"}}})) == 0

test_other_argument_fails if count(denied({"os": {"grub": {"init_on_alloc": "1"}}})) == 1

test_small_sysctl_fails if {
	some finding in denied({"os": {"sysctl": {"/proc/sys/vm/max_map_count": "65530"}}})
	finding.path == `os.sysctl["/proc/sys/vm/max_map_count"]`
}

test_larger_passes if {
	count(denied({"os": {"sysctl": {"/proc/sys/vm/max_map_count": "1048576"}}})) == 0
	count(denied({"systemd": {"containerd.service": {"LimitSTACK": 18446744073709551615}}})) == 0
	count(denied({"systemd": {"containerd.service": {"LimitSTACK": "infinity"}}})) == 0
}

test_small_limit_fails if {
	some finding in denied({"systemd": {"containerd.service": {"LimitSTACK": "8388608"}}})
	finding.msg == "LimitSTACK of containerd.service is 8388608, expected at least 67108864 (gb200)."
}

test_absent_sysctl_fails if {
	findings := rule.deny with input as facts({}) with input.os.sysctl as {} with data.tables as tables
	count(findings) == 1
}

test_unit_that_is_not_installed_is_not_judged if {
	count(denied({"systemd": {"containerd.service": {"LoadState": "not-found", "LimitSTACK": 1}}})) == 0
}

test_applicable_by_model if {
	relevant("NVIDIA GB200")
	relevant("NVIDIA GB300")
	not relevant("NVIDIA H100 80GB HBM3")
}

test_node_without_gpu_is_not_applicable if {
	not rule.applicable with input as {"gpu": {"smi": {"gpu-count": 0}}} with data.tables as tables
}

test_odd_values_fail if {
	count(denied({"os": {"grub": {"init_on_alloc": null}}})) == 1
	count(denied({"systemd": {"containerd.service": {"LimitSTACK": {}}}})) == 1
}

test_odd_model_is_not_applicable if {
	not relevant("")
	not relevant("GB")
	not relevant(null)
	not relevant(200)
}
