# METADATA
# title: Images come from allowed registries
# description: |
#   Judged are the repositories that the GPU Operator's ClusterPolicy names and, where the snapshot
#   lists containers with their registry, every image that runs. An allowed entry is a registry or a
#   path in one; a mirror of yours belongs in params.allowed. A repository without a registry is one
#   of docker.io.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/
#     description: Kubernetes documentation on image names
#   - ref: https://hub.armosec.io/docs/c-0078
#     description: Kubescape control C-0078
# custom:
#   id: SUP-003
#   severity: high
#   scope: cluster
#   requires: [k8s.policy]
#   reads: [k8s.image]
#   params:
#     allowed:
#       type: array
#       items: string
#       default:
#         - nvcr.io/nvidia
#         - nvcr.io/nim
#         - ghcr.io/nvidia
#         - ghcr.io/kserve
#         - ghcr.io/k8snetworkplumbingwg
#         - registry.k8s.io
#         - quay.io/jetstack
#         - quay.io/prometheus
#         - quay.io/prometheus-operator
#         - quay.io/argoproj
#         - docker.io/grafana
#         - public.ecr.aws
#         - mcr.microsoft.com
#         - gke.gcr.io
#       description: Registries, or paths in them, from which images may come, as ghcr.io/nvidia; add your mirror and take out what you do not use.
#     allowed_hosts_under:
#       type: array
#       items: string
#       default: [amazonaws.com]
#       description: Domains below which every registry is allowed, such as amazonaws.com for those of ECR; take out what you do not use.
#   controls:
#     - {framework: kubescape, id: C-0078}
#     - {framework: nist-800-190, id: 4.2.1}
#     - {framework: nist-800-53, id: SR-3}
#   remediation: |
#     Copy the image to an allowed registry:
#     crane copy SOURCE TARGET
#     Name it in the chart's values or in the ClusterPolicy (for the driver: spec.driver.repository). If the registry
#     is trusted, add it to params.allowed of SUP-003 instead.
package eidos.supply_chain.registries_allowed

import data.eidos.lib.findings
import data.eidos.lib.repositories

deny contains finding if {
	some used in repositories.used(input.k8s)
	not allowed(used.repository)
	finding := {
		"msg": sprintf("%v takes images from %v, expected an allowed registry.", [used.by, findings.quoted(used.repository)]),
		"path": used.path,
		"actual": used.repository,
		"expected": "an entry of params.allowed",
	}
}

allowed(repository) if {
	full := sprintf("%v/", [repositories.full(repository)])
	some prefix in prefixes
	startswith(full, prefix)
}

allowed(repository) if {
	host := split(repositories.full(repository), "/")[0]
	some domain in data.params.allowed_hosts_under
	endswith(host, sprintf(".%v", [domain]))
}

prefixes := {sprintf("%v/", [entry]) | some entry in data.params.allowed}
