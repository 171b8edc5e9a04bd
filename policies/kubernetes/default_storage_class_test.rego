package eidos.kubernetes.default_storage_class_test

import data.eidos.kubernetes.default_storage_class as rule

class(is_default, mode, grows) := {"default": is_default, "volume-binding-mode": mode, "allow-volume-expansion": grows}

facts(classes) := {"k8s": {"storage-classes": classes}}

denied(classes) := findings if findings := rule.deny with input as facts(classes)

warned(classes) := findings if findings := rule.warn with input as facts(classes)

test_one_that_waits_and_grows_passes if {
	good := {"gp3": class(true, "WaitForFirstConsumer", true), "gp2": class(false, "Immediate", false)}
	count(denied(good)) == 0
	count(warned(good)) == 0
}

test_none_and_two_fail if {
	some finding in denied({})
	finding.msg == "No storage class is the default, so a claim that names none waits for ever."
	some two in denied({"a": class(true, "WaitForFirstConsumer", true), "b": class(true, "WaitForFirstConsumer", true)})
	two.msg == "2 storage classes are the default: a, b."
}

test_one_that_binds_at_once_fails if {
	some finding in denied({"gp2": class(true, "Immediate", true)})
	finding.msg == "Storage class gp2 binds Immediate, expected WaitForFirstConsumer."
}

test_one_that_cannot_grow_warns if {
	some finding in warned({"gp2": class(true, "WaitForFirstConsumer", false)})
	finding.msg == "Volumes of storage class gp2 cannot grow."
}
