# METADATA
# title: The GPU Operator's ClusterPolicy
# description: |
#   The facts `k8s.policy` flatten the spec of every ClusterPolicy, `driver.rdma.enabled: "true"`, and
#   are empty on a cluster without one. Kyverno has a kind of that name too, so its keys may be there.
package eidos.lib.cluster_policies

import data.eidos.lib.booleans

# One search through all keys at once: asking key by key took 2 ms of a policy of usual size.
_operand := `(?m)^(driver|toolkit|devicePlugin|dcgm|dcgmExporter|migManager|gfd|cdi|operator)(\.|$)`

# METADATA
# description: Tells whether there is a ClusterPolicy of the GPU Operator.
present(policy) if regex.match(_operand, concat("\n", object.keys(policy)))

# METADATA
# description: |
#   Gives true or false for a switch such as `driver.enabled`, with the chart's default where it is not
#   said; undefined for a value that says neither.
switched(policy, key, otherwise) if booleans.yes(object.get(policy, key, otherwise))

switched(policy, key, otherwise) := false if booleans.no(object.get(policy, key, otherwise))

# METADATA
# description: |
#   Tells whether the operator runs a component: it is described, and not turned off. The operator takes
#   an absent `enabled` as true, and so does this for a value that is not understood.
runs(policy, component) if {
	strings.any_prefix_match(object.keys(policy), sprintf("%v.", [component]))
	not _off(policy, component)
}

_off(policy, component) if booleans.no(policy[sprintf("%v.enabled", [component])])

# METADATA
# description: Gives the fact path of a key.
path(key) := sprintf("k8s.policy[%q]", [key])
