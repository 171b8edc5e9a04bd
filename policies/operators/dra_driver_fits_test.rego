package eidos.operators.dra_driver_fits_test

import data.eidos.operators.dra_driver_fits as rule

params(compute_domains_only) := {
	"images": ["dra-driver"],
	"kubernetes": "1.32",
	"driver": "570.158.01",
	"compute_domains_only": compute_domains_only,
}

good := {"server": "v1.34.2", "driver": "580.173.02", "policy": {"cdi.enabled": "true", "devicePlugin.enabled": "false"}}

replaced(changes) := {key: object.get(changes, key, value) | some key, value in good}

facts(changes) := {
	"k8s": {"image": {"dra-driver": "v25.8.0"}, "server": {"version": cluster.server}, "policy": cluster.policy},
	"gpu": {"smi": {"gpu-count": 4, "driver": cluster.driver}},
} if {
	cluster := replaced(changes)
}

denied(changes) := findings if {
	findings := rule.deny with input as facts(changes) with data.params as params(false)
}

warned(changes, compute_domains_only) := findings if {
	findings := rule.warn with input as facts(changes) with data.params as params(compute_domains_only)
}

both := {"policy": {"devicePlugin.enabled": "true"}}

test_dra_alone_passes if {
	count(denied({})) == 0
	count(warned({}, false)) == 0
}

test_old_kubernetes_fails if {
	some finding in denied({"server": "v1.31.9-eks-1"})
	finding.msg == "Kubernetes is v1.31.9-eks-1, expected 1.32 or newer for the DRA driver."
}

test_old_driver_fails if {
	some finding in denied({"driver": "570.133.20"})
	finding.path == "gpu.smi.driver"
}

test_without_cdi_fails if {
	count(denied({"policy": {"cdi.enabled": "false"}})) == 1
	count(denied({"policy": {"cdi.enabled": "perhaps"}})) == 1
}

test_cdi_is_on_by_default if count(denied({"policy": {"driver.enabled": "true"}})) == 0

test_both_warn if count(warned(both, false)) == 1

test_both_pass_for_compute_domains_only if count(warned(both, true)) == 0

test_without_operator_nothing_is_said_about_its_switches if {
	count(denied({"policy": {}})) == 0
	count(warned({"policy": {}}, false)) == 0
}

test_odd_versions_fail if {
	count(denied({"server": null})) == 1
	count(denied({"driver": "[N/A]"})) == 1
}

test_applicable_to_gpu_nodes_with_the_driver if {
	rule.applicable with input as facts({}) with data.params as params(false)
	not rule.applicable with input as object.union(facts({}), {"gpu": {"smi": {"gpu-count": 0}}}) with data.params as params(false)
	not rule.applicable with input as {"k8s": {"image": {}}, "gpu": {"smi": {"gpu-count": 4}}} with data.params as params(false)
}
