# METADATA
# title: Image pull policies fit how images are pinned
# description: |
#   A fixed version needs no pull on every start: Always makes a node that cannot reach the registry
#   lose its driver. A version that moves needs Always, or nodes run different code. Never runs what
#   happens to be on the node. Judged are the operands of the GPU Operator.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
#     description: Kubernetes documentation on pull policies
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes benchmark, AlwaysPullImages
# custom:
#   id: SUP-006
#   severity: low
#   scope: cluster
#   requires: [k8s.policy]
#   params:
#     mutable:
#       type: array
#       items: string
#       default: [latest, main, master, edge, nightly, dev, devel]
#       description: Tags, in lower case, whose content changes over time; add moving tags of your own.
#   controls:
#     - {framework: cis-kubernetes, id: 1.2.11}
#     - {framework: nist-800-53, id: CM-2}
#   remediation: |
#     Set imagePullPolicy: IfNotPresent and a fixed version for the operand that the finding names, in
#     the chart's values (for the driver: driver.imagePullPolicy and driver.version).
package eidos.supply_chain.pull_policy_fits_pinning

import data.eidos.lib.findings

policies := {operand: value |
	some key, value in input.k8s.policy
	endswith(key, ".imagePullPolicy")
	operand := trim_suffix(key, ".imagePullPolicy")
}

applicable if count(policies) > 0

moving(operand) if {
	version := input.k8s.policy[sprintf("%v.version", [operand])]
	is_string(version)
	lower(version) in data.params.mutable
}

digested(operand) if {
	version := input.k8s.policy[sprintf("%v.version", [operand])]
	is_string(version)
	startswith(version, "sha256:")
}

path(operand) := sprintf("k8s.policy[%q]", [sprintf("%v.imagePullPolicy", [operand])])

deny contains finding if {
	some operand, value in policies
	not value in {"IfNotPresent", "Always", ""}
	finding := found(operand, value, "IfNotPresent")
}

deny contains finding if {
	some operand, value in policies
	value == "IfNotPresent"
	moving(operand)
	finding := found(operand, value, "Always, or better a fixed version")
}

warn contains finding if {
	some operand, value in policies
	value == "Always"
	not moving(operand)
	not digested(operand)
	finding := found(operand, value, "IfNotPresent, because its version is fixed")
}

found(operand, value, expected) := {
	"msg": sprintf("%v has the pull policy %v, expected %v.", [operand, findings.quoted(value), expected]),
	"path": path(operand),
	"actual": value,
	"expected": expected,
}
