# METADATA
# title: Who may do what
# description: |
#   The facts `k8s.rbac` list, for every dangerous power, who has it by which binding. What the API server
#   itself keeps is not judged, nor what holds in one namespace alone.
package eidos.lib.grants

import data.eidos.lib.booleans

# METADATA
# description: |
#   Gives a finding for everybody who has a power in the whole cluster and is not allowed to. Who is
#   allowed is a list of names, ending with `*` for all that begin so; a service account is
#   `namespace/name`.
violations(rbac, power, allowed, words) := {finding |
	some place, grant in rbac[power]
	not booleans.yes(object.get(grant, "default", false))
	object.get(grant, "scope", "") == ""
	who := subject(grant)
	not _allowed(who, allowed)
	finding := {
		"msg": sprintf("%v %v may %v: %v grants %v.", [grant.kind, who, words, grant.binding, grant.role]),
		"path": sprintf("k8s.rbac[%q][%v]", [power, place]),
		"actual": who,
		"expected": concat(", ", allowed),
		"key": sprintf("%v %v %v", [power, grant.binding, who]),
	}
}

# METADATA
# description: Gives the name by which a subject is allowed, `kube-system/default` for a service account.
subject(grant) := sprintf("%v/%v", [grant.namespace, grant.name]) if {
	grant.kind == "ServiceAccount"
} else := grant.name

# METADATA
# description: Tells whether a name is among names, of which one that ends with `*` stands for all that begin so.
named(name, names) if name in names

named(name, names) if {
	is_string(name)
	some pattern in names
	endswith(pattern, "*")
	startswith(name, trim_suffix(pattern, "*"))
}

_allowed(who, allowed) if named(who, allowed)
