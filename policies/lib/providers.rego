# METADATA
# title: Who runs the cluster
package eidos.lib.providers

# METADATA
# description: |
#   Gives `eks`, `gke`, `aks`, `oke`, or `self-managed` for a server version and the facts `k8s.node`
#   of one node. The version names the provider where it has a suffix; else the node's provider does.
of(version, _) := _by_suffix(version)

of(version, node) := _by_node(node) if not _by_suffix(version)

# METADATA
# description: Gives the display name of a provider.
title(provider) := object.get({"eks": "EKS", "gke": "GKE", "aks": "AKS", "oke": "OKE"}, provider, "Kubernetes")

_by_suffix(version) := provider if {
	is_string(version)
	some suffix, provider in {"-eks-": "eks", "-gke.": "gke"}
	contains(version, suffix)
}

_by_node(node) := provider if {
	provider := lower(_text(node, "provider"))
	provider in {"eks", "gke", "aks", "oke"}
} else := "oke" if {
	startswith(_text(node, "provider-id"), "ocid1.")
} else := provider if {
	scheme := split(_text(node, "provider-id"), "://")[0]
	provider := {"aws": "eks", "gce": "gke", "azure": "aks", "oci": "oke"}[scheme]
} else := "self-managed"

_text(node, key) := node[key] if is_string(node[key])
