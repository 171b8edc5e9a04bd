# METADATA
# title: Images come from allowed registries, by a fixed tag or a digest
# description: |
#   Whoever can push to a registry runs code on the nodes that pull from it, and the content of a moving tag
#   changes without a deployment. This rule checks what is about to run; SUP-001 and SUP-003 check what
#   already runs.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/
#   - ref: https://hub.armosec.io/docs/c-0078
#     description: Kubescape control C-0078, allowed registries
# custom:
#   id: ADM-006
#   severity: high
#   scope: admission
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
#     mutable:
#       type: array
#       items: string
#       default: ["", latest, main, master, edge, nightly, dev, devel, stable, head]
#       description: Tags, in lower case, whose content changes over time; the empty text stands for no tag. Add moving tags of your own.
#     digest_required:
#       type: boolean
#       default: false
#       description: Whether an image needs a digest, so that a tag alone is refused; set it to true where deployments must be reproducible.
#   controls:
#     - {framework: cis-kubernetes, id: 5.5.1}
#     - {framework: kubescape, id: C-0078}
#     - {framework: nist-800-190, id: 4.2.1}
#   remediation: |
#     Copy the image to an allowed registry (crane copy SOURCE TARGET) and name it by the tag of a release, or
#     better by digest: image: REGISTRY/NAME@sha256:...
package eidos.admission.images_allowed

import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.workloads

applicable if count(workloads.pods(input.request)) > 0

applicable if count(workloads.unreadable(input.request)) > 0

named := [found |
	some pod in workloads.pods(input.request)
	some each in workloads.containers(pod)
	found := {"image": object.get(each.container, "image", null), "name": each.name, "path": sprintf("%v.image", [each.path])}
]

deny contains {
	"msg": sprintf("Container %v takes its image from %v, expected an allowed registry.", [found.name, repository(parsed)]),
	"path": found.path,
	"actual": found.image,
	"expected": "an entry of params.allowed",
} if {
	some found in named
	parsed := images.parse(found.image)
	not allowed(parsed)
}

repository(parsed) := sprintf("%v/%v", [parsed.registry, parsed.repository])

allowed(parsed) if {
	some entry in data.params.allowed
	startswith(sprintf("%v/", [repository(parsed)]), sprintf("%v/", [entry]))
}

allowed(parsed) if {
	some domain in data.params.allowed_hosts_under
	endswith(parsed.registry, sprintf(".%v", [domain]))
}

deny contains {
	"msg": sprintf("Container %v has the image %v, which is another one tomorrow.", [found.name, findings.quoted(found.image)]),
	"path": found.path,
	"actual": found.image,
	"expected": expected,
} if {
	some found in named
	parsed := images.parse(found.image)
	not fixed(parsed)
}

expected := "a digest" if data.params.digest_required

expected := "a fixed version or a digest" if not data.params.digest_required

fixed(parsed) if regex.match(`^[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$`, parsed.digest)

fixed(parsed) if {
	not data.params.digest_required
	not "digest" in object.keys(parsed)
	not object.get(parsed, "tag", "") in data.params.mutable
}

unknown contains finding if some finding in workloads.unreadable(input.request)

unknown contains findings.unreadable(found.path, found.image, "the name of an image") if {
	some found in named
	not readable(found.image)
}

readable(image) if {
	is_string(image)
	regex.match(`^[A-Za-z0-9][A-Za-z0-9./:@_-]*$`, image)
}
