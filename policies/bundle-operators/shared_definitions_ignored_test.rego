package eidos.bundle_operators.shared_definitions_ignored_test

import data.eidos.bundle_operators.shared_definitions_ignored as rule

bundle(version, spec) := {
	"components": {"gpu-operator": {"version": version}, "nvidia-dra-driver-gpu": {}},
	"deployment": [{"path": "argocd/apps/010-gpu-operator.yaml", "object": {"kind": "Application", "metadata": {"name": "gpu-operator"}, "spec": spec}}],
}

denied(spec) := findings if {
	findings := rule.deny with input as {"bundle": bundle("v26.7.0", spec)}
}

ignored := {
	"ignoreDifferences": [{"kind": "CustomResourceDefinition", "name": "computedomains.resource.nvidia.com"}],
	"syncPolicy": {"syncOptions": ["RespectIgnoreDifferences=true"]},
}

test_ignored_passes if count(denied(ignored)) == 0

test_not_ignored_fails if {
	some finding in denied({})
	finding.path == `bundle.deployment["argocd/apps/010-gpu-operator.yaml"]`
}

test_ignored_without_the_option_fails if count(denied({"ignoreDifferences": ignored.ignoreDifferences})) == 1

test_applicable_to_that_release_only if {
	rule.applicable with input as {"bundle": bundle("v26.7.0", {})}
	not rule.applicable with input as {"bundle": bundle("v26.7.1", {})}
	not rule.applicable with input as {"bundle": object.union(bundle("v26.7.0", {}), {"deployment": []})}
}
