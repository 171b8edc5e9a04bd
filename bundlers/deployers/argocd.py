"""Argo CD: an application of applications, in sync waves, applied on the server's side."""

from collections.abc import Iterator
from typing import Any

from eidos.bundlers.deployers._sources import below, is_oci, source_of
from eidos.engine.documents.yamlwriting import dump as to_yaml
from eidos.engine.model.bundle import BundleSource, File, Plan, Release, When, folder_of

_NAMESPACE = "argocd"
_SERVER = "https://kubernetes.default.svc"
_STEPS = 10
"""Sync waves of one wave of the plan: before, the chart, after, and room between."""
_COMPUTE_DOMAINS = "computedomains.resource.nvidia.com"
_SHARED_CRD_VERSIONS = frozenset({"v26.7.0"})
"""Releases of the GPU Operator whose ComputeDomain differs from the DRA driver's."""


class ArgoCd:
    """Writes ``argocd/app-of-apps.yaml`` and an application for each step."""

    name = "argocd"

    def files(self, plan: Plan) -> Iterator[File]:
        """Give the applications; see `eidos.engine.ports.Deployer`.

        Raises:
            BundleError: nobody said where the bundle will lie.
        """
        source = source_of(plan)
        yield _file("app-of-apps.yaml", _parent(plan, source))
        for position, release in enumerate(plan.releases):
            for name, application in _applications(plan, release, position, source):
                yield _file(f"apps/{(position + 1) * 10:03}-{name}.yaml", application)


def _file(path: str, value: dict[str, Any]) -> File:
    return File(f"argocd/{path}", to_yaml(value).encode())


def _parent(plan: Plan, source: BundleSource) -> dict[str, Any]:
    place = {
        "repoURL": source.url,
        "targetRevision": source.revision,
        "path": below(source, "argocd/apps"),
    }
    return _application(f"eidos-{_label(plan.recipe)}", 0, _NAMESPACE, {"source": place})


def _applications(
    plan: Plan, release: Release, position: int, source: BundleSource
) -> Iterator[tuple[str, dict[str, Any]]]:
    wave, folder = release.wave * _STEPS, folder_of(release, position)
    if release.resources(When.BEFORE):
        place = _folder(source, f"{folder}/before")
        yield (
            f"{release.name}-pre",
            _application(f"{release.name}-pre", wave, release.namespace, {"source": place}),
        )
    if release.has_chart:
        yield release.name, _chart(plan, release, f"{folder}/values.yaml", source)
    for number, when in enumerate((When.WITH, When.AFTER)):
        if release.resources(when):
            name = f"{release.name}-{'post' if when is When.AFTER else 'with'}"
            place = _folder(source, f"{folder}/{when.value}")
            yield name, _application(name, wave + 2 + number, release.namespace, {"source": place})


def _folder(source: BundleSource, path: str) -> dict[str, Any]:
    return {
        "repoURL": source.url,
        "targetRevision": source.revision,
        "path": below(source, path),
        "directory": {"recurse": False},
    }


def _chart(plan: Plan, release: Release, values: str, source: BundleSource) -> dict[str, Any]:
    repository = release.repository or ""
    chart = {
        "repoURL": repository.removeprefix("oci://") if is_oci(release) else repository,
        "chart": release.chart,
        "targetRevision": release.version,
        "helm": {
            "releaseName": release.name,
            "valueFiles": [f"$values/{below(source, values)}"],
            "skipCrds": release.crds_by is not None,
        },
    }
    reference = {"repoURL": source.url, "targetRevision": source.revision, "ref": "values"}
    spec: dict[str, Any] = {"sources": [chart, reference]}
    if _shares_compute_domains(plan, release):
        spec["ignoreDifferences"] = [
            {
                "group": "apiextensions.k8s.io",
                "kind": "CustomResourceDefinition",
                "name": _COMPUTE_DOMAINS,
                "jsonPointers": ["/spec"],
            }
        ]
    return _application(release.name, release.wave * _STEPS + 1, release.namespace, spec, release)


def _shares_compute_domains(plan: Plan, release: Release) -> bool:
    """Both install one CRD in different shapes, and would fight over it for ever."""
    names = {each.name for each in plan.releases}
    is_operator = release.name == "gpu-operator" and release.version in _SHARED_CRD_VERSIONS
    return is_operator and bool(names & {"nvidia-dra-driver-gpu", "dra-driver-nvidia-gpu"})


def _application(
    name: str,
    wave: int,
    namespace: str,
    spec: dict[str, Any],
    release: Release | None = None,
) -> dict[str, Any]:
    options = ["CreateNamespace=true", "ServerSideApply=true"]
    if "ignoreDifferences" in spec:
        options.append("RespectIgnoreDifferences=true")
    policy: dict[str, Any] = {
        "automated": {"prune": True, "selfHeal": True},
        "syncOptions": options,
        "retry": {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"}},
    }
    if release is not None and release.rendered.namespace_labels:
        policy["managedNamespaceMetadata"] = {"labels": dict(release.rendered.namespace_labels)}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": _NAMESPACE,
            "annotations": {"argocd.argoproj.io/sync-wave": str(wave)},
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "destination": {"server": _SERVER, "namespace": namespace},
            **spec,
            "syncPolicy": policy,
        },
    }


def _label(text: str) -> str:
    """Give a name as Kubernetes takes it."""
    kept = "".join(sign if sign.isalnum() or sign == "-" else "-" for sign in text.lower())
    return kept.strip("-")[:50] or "recipe"


deployer = ArgoCd()
