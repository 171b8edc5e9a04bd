package eidos.bundle_hygiene.images_fixed_test

import data.eidos.bundle_hygiene.images_fixed as rule

denied(values) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {"c": {"values": values}}, "objects": []}}
}

pod(image) := [{"object": {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"containers": [{"image": image}]}}}]

denied_pod(image) := findings if {
	findings := rule.deny with input as {"bundle": {"components": {}, "objects": pod(image)}}
}

sha := "f3994267c9b5e62fb7720012dcd4d473fc2f8474f4276e203bba842c970307ad"

test_fixed_passes if {
	count(denied({"image": "doca-driver", "version": "doca3.2.0", "tag": "v1.2.3"})) == 0
	count(denied({"containerSHA": sprintf("sha256:%v", [sha]), "digest": ""})) == 0
	count(denied_pod("busybox:1.36.1")) == 0
	count(denied_pod(sprintf("busybox@sha256:%v", [sha]))) == 0
}

test_latest_fails if {
	some finding in denied({"image": {"tag": "latest"}})
	finding.path == `bundle.components["c"].values.image.tag`
	count(denied({"image": "ghcr.io/a/b:latest"})) == 1
	count(denied({"tag": "Latest", "imageTag": "devel"})) == 2
	count(denied_pod("busybox")) == 1
}

test_cut_digest_fails if count(denied({"digest": "sha256:abc"})) == 1

test_reboot_without_digest_is_told if {
	found := rule.warn with input as {"bundle": {"objects": [{"object": {"apiVersion": "a/v1", "kind": "NodeWright", "spec": {"packages": {"p": {"version": "1.0.0", "interrupt": {"type": "reboot"}}}}}}]}}
	count(found) == 1
}

test_reboot_with_a_digest_is_not_told if {
	found := rule.warn with input as {"bundle": {"objects": pod("busybox:1.36.1")}}
	count(found) == 0
}

test_odd_values if {
	count(denied({"image": 3, "tag": null, "digest": 7})) == 1
	count(denied(null)) == 0
}
