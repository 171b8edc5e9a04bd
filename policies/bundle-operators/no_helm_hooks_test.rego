package eidos.bundle_operators.no_helm_hooks_test

import data.eidos.bundle_operators.no_helm_hooks as rule

denied(kind, annotations) := findings if {
	findings := rule.deny with input as {"bundle": {"objects": [{"object": {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": "a", "annotations": annotations}}}]}}
}

test_plain_resource_passes if {
	count(denied("NicClusterPolicy", {"note": "x"})) == 0
	count(denied("Job", {"helm.sh/hook": "pre-install"})) == 0
}

test_hook_fails if {
	some finding in denied("NicClusterPolicy", {"helm.sh/hook": "post-install"})
	finding.path == `bundle.objects[0].object.metadata.annotations["helm.sh/hook"]`
}

test_hook_of_argo_fails if count(denied("NodeWright", {"argocd.argoproj.io/hook": "PostSync"})) == 1

test_odd_annotations_pass if {
	count(denied("A", null)) == 0
	count(denied("A", ["helm.sh/hook"])) == 0
}
