package eidos.lib.providers_test

import data.eidos.lib.providers

test_suffix_of_the_version_wins if {
	providers.of("v1.33.5-eks-3025e55", {"provider": "aks"}) == "eks"
	providers.of("v1.32.4-gke.1533000", {}) == "gke"
}

test_provider_of_the_node if providers.of("v1.33.5", {"provider": "AKS"}) == "aks"

test_id_of_the_node if {
	providers.of("v1.33.5", {"provider-id": "azure:///subscriptions/1"}) == "aks"
	providers.of("v1.33.5", {"provider": "", "provider-id": "oci://ocid1.instance.1"}) == "oke"
	providers.of("v1.33.5", {"provider-id": "ocid1.instance.1"}) == "oke"
}

test_all_others_are_self_managed if {
	providers.of("v1.33.5+k3s1", {"provider": "k3s", "provider-id": "k3s://a"}) == "self-managed"
	providers.of("v1.33.5", {}) == "self-managed"
}

test_odd_types_do_not_matter if providers.of("", {"provider": 5, "provider-id": null}) == "self-managed"

test_title if {
	providers.title("eks") == "EKS"
	providers.title("self-managed") == "Kubernetes"
}
