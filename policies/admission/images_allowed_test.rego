package eidos.admission.images_allowed_test

import data.eidos.admission.images_allowed as rule

params := {
	"allowed": ["nvcr.io/nvidia", "docker.io/library"], "allowed_hosts_under": ["amazonaws.com"],
	"mutable": ["", "latest"], "digest_required": false,
}

asking(image) := {"request": {
	"operation": "CREATE",
	"kind": {"group": "", "version": "v1", "kind": "Pod"},
	"object": {"spec": {"containers": [{"name": "main", "image": image}]}},
}}

denied(image) := found if {
	found := rule.deny with input as asking(image) with data.params as params
}

sha := "sha256:f3994267c9b5e62fb7720012dcd4d473fc2f8474f4276e203bba842c970307ad"

test_allowed_and_fixed_passes if {
	count(denied("nvcr.io/nvidia/cuda:12.8.1-base-ubuntu24.04")) == 0
	count(denied(sprintf("nvcr.io/nvidia/cuda@%v", [sha]))) == 0
	count(denied("busybox:1.36.1")) == 0
	count(denied("1234.dkr.ecr.eu-west-1.amazonaws.com/team/app:1")) == 0
	rule.applicable with input as asking("busybox:1") with data.params as params
}

test_other_registry_fails if {
	some finding in denied("evil.example/nvidia/cuda:1")
	finding.path == "request.object.spec.containers[0].image"
	count(denied("nvcr.io/nvidia-evil/cuda:1")) == 1
	count(denied("amazonaws.com.evil.example/app:1")) == 1
}

test_moving_tag_fails if {
	count(denied("nvcr.io/nvidia/cuda")) == 1
	count(denied("nvcr.io/nvidia/cuda:latest")) == 1
}

test_cut_digest_fails if count(denied("nvcr.io/nvidia/cuda@sha256:abc")) == 1

test_digest_may_be_required if {
	strict := object.union(params, {"digest_required": true})
	found := rule.deny with input as asking("nvcr.io/nvidia/cuda:1") with data.params as strict
	some finding in found
	finding.expected == "a digest"
}

test_not_about_what_holds_no_pod if {
	not rule.applicable with input as {"request": {"operation": "CREATE", "kind": {"group": "", "kind": "ConfigMap"}, "object": {}}} with data.params as params
}

test_readable_is_known if {
	found := rule.unknown with input as asking("busybox:1") with data.params as params
	count(found) == 0
}

test_garbage_is_unknown if {
	every image in [null, 7, "", "a b", {}] {
		found := rule.unknown with input as asking(image) with data.params as params
		count(found) == 1
	}
	nothing := {"request": {"operation": "CREATE", "kind": {"group": "", "kind": "Pod"}, "object": {}}}
	rule.applicable with input as nothing with data.params as params
	found := rule.unknown with input as nothing with data.params as params
	count(found) == 1
}
