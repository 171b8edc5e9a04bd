# METADATA
# title: What reboots nodes has a budget, a node selector and keyed tolerations
# description: |
#   A tuning resource without a budget reboots every node together; a deployment policy that it names must be in
#   the bundle, and have budgets that are as small. Without a selector it is for all nodes,
#   control plane too; with a selector on a label that GPU discovery writes it waits for an operator that
#   waits for it. A toleration without a key makes its drains deadlock where admission collapses the list.
# related_resources:
#   - ref: https://github.com/NVIDIA/nodewright
# custom:
#   id: BOP-015
#   severity: critical
#   scope: bundle
#   params:
#     most_nodes:
#       type: integer
#       default: 2
#       minimum: 1
#       maximum: 100
#       description: Most nodes that may reboot at the same time, where a number is set; raise it on large clusters.
#     most_percent:
#       type: integer
#       default: 25
#       minimum: 1
#       maximum: 50
#       description: Largest share of nodes, in percent, that may reboot at the same time; raise it if your workloads tolerate more.
#   controls:
#     - {framework: nist-800-53, id: CP-10}
#   remediation: |
#     In the NodeWright (Skyhook) resource set interruptionBudget (count: 1), nodeSelectors on a label of the platform or of
#     Node Feature Discovery, and name the key of every toleration.
package eidos.bundle_operators.reboots_bounded

import data.eidos.lib.bundles
import data.eidos.lib.findings

tuned := array.concat(
	bundles.of_kind(input.bundle, "nodewright.nvidia.com", "NodeWright"),
	bundles.of_kind(input.bundle, "skyhook.nvidia.com", "Skyhook"),
)

budget(entry) := object.get(entry.object, ["spec", "interruptionBudget"], "absent")

bounded(entry) if is_small(budget(entry))

# A policy of its name in the bundle says the budgets instead.
bounded(entry) if {
	some policy in policies
	policy.object.metadata.name == entry.object.spec.deploymentPolicy
	budgets := [found | walk(policy.object.spec, [keys, found]); keys[count(keys) - 1] == "budget"]
	count(budgets) > 0
	every each in budgets {
		is_small(each)
	}
}

policies := array.concat(
	bundles.of_kind(input.bundle, "nodewright.nvidia.com", "DeploymentPolicy"),
	bundles.of_kind(input.bundle, "skyhook.nvidia.com", "DeploymentPolicy"),
)

is_small(allowance) if {
	is_number(allowance.count)
	allowance.count >= 1
	allowance.count <= data.params.most_nodes
}

is_small(allowance) if {
	is_number(allowance.percent)
	allowance.percent >= 1
	allowance.percent <= data.params.most_percent
}

deny contains {
	"msg": sprintf("%v reboots more nodes together than it may: its budget is %v.", [bundles.named(entry), findings.quoted(budget(entry))]),
	"path": sprintf("%v.spec.interruptionBudget", [bundles.object_path(entry)]),
	"actual": budget(entry),
	"expected": sprintf("at most %v nodes or %v %%", [data.params.most_nodes, data.params.most_percent]),
} if {
	some entry in tuned
	not bounded(entry)
}

selectors(entry) := object.get(entry.object, ["spec", "nodeSelectors"], {})

deny contains {
	"msg": sprintf("%v selects no nodes, and is for all of them.", [bundles.named(entry)]),
	"path": sprintf("%v.spec.nodeSelectors", [bundles.object_path(entry)]),
	"actual": selectors(entry),
	"expected": "labels of the nodes with GPUs",
} if {
	some entry in tuned
	selectors(entry) in [{}, null, {"matchLabels": {}}]
}

deny contains {
	"msg": sprintf("%v selects nodes by %v, which the GPU Operator writes only after the tuning that it waits for.", [bundles.named(entry), label]),
	"path": sprintf("%v.spec.nodeSelectors", [bundles.object_path(entry)]),
	"actual": label,
	"expected": "a label of the platform or of Node Feature Discovery",
} if {
	some entry in tuned
	some label in labels(entry)
	is_string(label)
	startswith(label, "nvidia.com/")
	"nodewright-customizations" in input.bundle.components["gpu-operator"].dependsOn
}

labels(entry) := matched(selectors(entry)) | expressed(selectors(entry)) if is_object(selectors(entry))

matched(selector) := {label | some label, _ in selector.matchLabels} if is_object(selector.matchLabels)

matched(selector) := set() if not is_object(object.get(selector, "matchLabels", null))

expressed(selector) := {each.key | some each in selector.matchExpressions} if is_array(selector.matchExpressions)

expressed(selector) := set() if not is_array(object.get(selector, "matchExpressions", null))

deny contains {
	"msg": sprintf("%v tolerates every taint.", [each.component]),
	"path": each.path,
	"actual": each.toleration,
	"expected": "a toleration with a key",
} if {
	some each in bundles.tolerations(input.bundle)
	bundles.wildcard(each.toleration)
	may_reboot(each.component)
}

may_reboot(component) if component in {entry.component | some entry in tuned}

may_reboot(component) if component == "nodewright-operator"

may_reboot(_) if bundles.service(input.bundle) == "aks"
