"""Flux: a Kustomization for each step, which waits for those that it depends on.

A HelmRelease can wait for other HelmReleases only, and a Kustomization for Kustomizations only. So
each chart is wrapped in a Kustomization, whose readiness is that of the release in it. Namespaces
come first, each once: resources that are applied before a chart are in its namespace, and of two
Kustomizations that hold one namespace each takes the other's labels away and deletes it at its end.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eidos.bundlers.deployers._sources import below, is_oci, source_of
from eidos.engine.documents.yamlwriting import dump as to_yaml
from eidos.engine.model.bundle import (
    BundleSource,
    File,
    Plan,
    Release,
    When,
    folder_of,
    namespaces,
)

_NAMESPACE = "flux-system"
_SOURCE = "eidos-bundle"
_FIRST = "eidos-namespaces"
_INTERVAL = "10m"


class Flux:
    """Writes ``flux/kustomization.yaml``, the namespaces, and a folder for each chart."""

    name = "flux"

    def files(self, plan: Plan) -> Iterator[File]:
        """Give sources, releases and what orders them; see `eidos.engine.ports.Deployer`.

        Raises:
            BundleError: nobody said where the bundle will lie.
        """
        source = source_of(plan)
        last = {each.name: _steps(each)[-1] for each in plan.releases}
        folder = "flux/000-namespaces"
        steps: list[dict[str, Any]] = [_git(source), _kustomization(_FIRST, below(source, folder))]
        made = (_namespace(name, labels) for name, labels in namespaces(plan).items())
        yield File(f"{folder}/namespaces.yaml", "---\n".join(map(to_yaml, made)).encode())
        for position, release in enumerate(plan.releases):
            needed = [last[name] for name in release.depends_on if name in last] or [_FIRST]
            folder = folder_of(release, position)
            for step in _steps(release):
                path = _folder(release, folder, step)
                steps.append(_kustomization(step, below(source, path), needed, release))
                needed = [step]
            if release.has_chart:
                objects = (_chart_source(release), _helm_release(release))
                text = "---\n".join(to_yaml(each) for each in objects)
                yield File(f"flux/{folder}/release.yaml", text.encode())
        text = "---\n".join(to_yaml(each) for each in steps)
        yield File("flux/kustomization.yaml", text.encode())


def _steps(release: Release) -> list[str]:
    """Name the steps of a release, in their order."""
    steps = [f"{release.name}-before"] if release.resources(When.BEFORE) else []
    steps += [release.name] if release.has_chart else []
    steps += [f"{release.name}-{w.value}" for w in (When.WITH, When.AFTER) if release.resources(w)]
    return steps or [release.name]


def _folder(release: Release, folder: str, step: str) -> str:
    suffix = step.removeprefix(release.name).removeprefix("-")
    return f"{folder}/{suffix}" if suffix else f"flux/{folder}"


_REVISIONS = (
    ("commit", r"[0-9a-f]{40}"),
    ("name", r"refs/.+"),
    ("tag", r"v?[0-9]+(?:[.][0-9]+)+(?:[-+].+)?"),
)
"""How revisions are told apart; what is none of these is a branch:
https://fluxcd.io/flux/components/source/gitrepositories/#reference."""


def _git(source: BundleSource) -> dict[str, Any]:
    told = (kind for kind, form in _REVISIONS if re.fullmatch(form, source.revision))
    kind = next(told, "branch")
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": _SOURCE, "namespace": _NAMESPACE},
        "spec": {"interval": _INTERVAL, "url": source.url, "ref": {kind: source.revision}},
    }


def _kustomization(
    step: str, path: str, needed: Iterable[str] = (), release: Release | None = None
) -> dict[str, Any]:
    needs = [{"name": each} for each in sorted(set(needed))]
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": step, "namespace": _NAMESPACE},
        "spec": {
            "interval": _INTERVAL,
            "retryInterval": "1m",
            "timeout": "20m",
            "prune": True,
            "wait": True,
            "path": f"./{path}",
            "sourceRef": {"kind": "GitRepository", "name": _SOURCE},
            **({"dependsOn": needs} if needs else {}),
            **({"force": False} if release and release.rendered.server_side else {}),
        },
    }


def _namespace(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Give a namespace that stays when the bundle goes, with what others have put into it."""
    kept = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
    metadata = {"name": name, **({"labels": dict(labels)} if labels else {}), "annotations": kept}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _chart_source(release: Release) -> dict[str, Any]:
    metadata = {"name": release.name, "namespace": _NAMESPACE}
    if is_oci(release):
        return {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "OCIRepository",
            "metadata": metadata,
            "spec": {
                "interval": _INTERVAL,
                "url": f"{(release.repository or '').rstrip('/')}/{release.chart}",
                "ref": {"tag": release.version},
                "layerSelector": {
                    "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                    "operation": "copy",
                },
            },
        }
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "HelmRepository",
        "metadata": metadata,
        "spec": {"interval": _INTERVAL, "url": release.repository},
    }


def _helm_release(release: Release) -> dict[str, Any]:
    crds = "Skip" if release.crds_by is not None else "CreateReplace"
    named = {"name": release.name, "namespace": _NAMESPACE}
    if is_oci(release):
        chart: dict[str, Any] = {"chartRef": {"kind": "OCIRepository", **named}}
    else:
        reference = {"kind": "HelmRepository", **named}
        spec = {"chart": release.chart, "version": release.version, "sourceRef": reference}
        chart = {"chart": {"spec": spec}}
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": named,
        "spec": {
            "interval": _INTERVAL,
            "releaseName": release.name,
            "targetNamespace": release.namespace,
            "storageNamespace": release.namespace,
            "timeout": "15m",
            **chart,
            "install": {"crds": crds, "remediation": {"retries": 3}},
            "upgrade": {"crds": crds, "remediation": {"retries": 3}},
            "values": dict(release.rendered.values),
        },
    }


deployer = Flux()
