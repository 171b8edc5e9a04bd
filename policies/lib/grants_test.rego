package eidos.lib.grants_test

import data.eidos.lib.grants

grant(kind, name) := {
	"kind": kind, "name": name, "namespace": "tools", "role": "ClusterRole/x", "binding": "ClusterRoleBinding/b",
	"scope": "", "default": false,
}

found(entry, allowed) := grants.violations({"bind": [entry]}, "bind", allowed, "bind roles")

test_a_stranger_is_found if {
	some finding in found(grant("ServiceAccount", "ci"), ["kube-system/*"])
	finding.msg == "ServiceAccount tools/ci may bind roles: ClusterRoleBinding/b grants ClusterRole/x."
	finding.path == `k8s.rbac["bind"][0]`
}

test_who_is_allowed_is_not if {
	count(found(grant("ServiceAccount", "ci"), ["tools/ci"])) == 0
	count(found(grant("ServiceAccount", "ci"), ["tools/*"])) == 0
	count(found(grant("Group", "ops"), ["ops"])) == 0
	count(found(grant("Group", "ops"), ["tools/*"])) == 1
}

test_what_the_api_server_keeps_is_not if count(found(object.union(grant("Group", "x"), {"default": true}), [])) == 0

test_what_holds_in_one_namespace_is_not if count(found(object.union(grant("Group", "x"), {"scope": "shop"}), [])) == 0
