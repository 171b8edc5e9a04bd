package eidos.operators.gpu_operator_supported_test

import data.eidos.operators.gpu_operator_supported as rule

tables := {"gpu_operator_lines": {
	"cve": "CVE-1",
	"floor": "26.3.2",
	"lines": {"26.7": "supported", "26.3": "deprecated"},
}}

denied(tag) := denied_by("warn", tag)

denied_by(unlisted, tag) := findings if {
	findings := rule.deny with input as {"k8s": {"image": {"gpu-operator": tag}}}
		with data.tables as tables
		with data.params as {"unlisted_line": unlisted}
}

warned(tag) := warned_by("warn", tag)

warned_by(unlisted, tag) := findings if {
	findings := rule.warn with input as {"k8s": {"image": {"gpu-operator": tag}}}
		with data.tables as tables
		with data.params as {"unlisted_line": unlisted}
}

test_supported_passes if {
	count(denied("v26.7.0")) == 0
	count(warned("v26.7.0")) == 0
}

test_newer_than_the_table_is_told if {
	count(denied("v26.11.0")) == 0
	some finding in warned("v26.11.0")
	finding.msg == "GPU Operator v26.11.0 is of line 26.11, whose support is not known, expected line 26.7."
	count(denied_by("fail", "v26.11.0")) == 1
	count(warned_by("fail", "v26.11.0")) == 0
	count(warned_by("ignore", "v26.11.0")) == 0
}

test_deprecated_warns if {
	count(denied("v26.3.3")) == 0
	some finding in warned("v26.3.3")
	finding.msg == "GPU Operator v26.3.3 is of line 26.3, which is deprecated, expected line 26.7."
}

test_below_the_floor_fails if count(denied("v26.3.1")) == 1

test_ended_line_fails_twice if {
	{finding.expected | some finding in denied("v25.3.3")} == {"26.3.2 or newer, which fixes CVE-1", "line 26.7"}
}

test_compares_numbers_not_text if count(denied("v25.10.1")) == 2

test_unreadable_fails if {
	count(denied("latest")) == 1
	count(denied(null)) == 1
	count(denied(26.7)) == 1
}

test_without_operator_is_not_applicable if {
	not rule.applicable with input as {"k8s": {"image": {"coredns": "1"}}}
	rule.applicable with input as {"k8s": {"image": {"gpu-operator": "1"}}}
		with data.tables as tables
		with data.params as {"unlisted_line": "warn"}
}

asked(tag, unlisted) if {
	rule.applicable with input as {"k8s": {"image": {"gpu-operator": tag}}}
		with data.tables as tables
		with data.params as {"unlisted_line": unlisted}
}

test_an_ignored_line_is_not_judged if {
	not asked("v26.11.0", "ignore")
	asked("v26.11.0", "warn")
	asked("v26.7.0", "ignore")
	asked("v25.3.0", "ignore")
	asked("latest", "ignore")
}
