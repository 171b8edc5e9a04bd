"""Helmfile: one file of releases that need each other; resources are applied by its hooks."""

from collections.abc import Iterator
from typing import Any

from eidos.bundlers.deployers._sources import is_oci
from eidos.engine.documents.yamlwriting import dump as to_yaml
from eidos.engine.model.bundle import File, Plan, Release, When, folder_of, path_of

_TIMEOUT = 1500
"""Seconds; the GPU Operator builds drivers for up to 20 minutes."""


class Helmfile:
    """Writes ``helmfile.yaml``."""

    name = "helmfile"

    def files(self, plan: Plan) -> Iterator[File]:
        """Give the file; see `eidos.engine.ports.Deployer`."""
        repositories = {
            each.name: each.repository
            for each in plan.releases
            if each.repository and not is_oci(each)
        }
        last = _charted(plan)
        value: dict[str, Any] = {
            "helmDefaults": {"wait": True, "timeout": _TIMEOUT, "createNamespace": True},
            "repositories": [{"name": n, "url": url} for n, url in sorted(repositories.items())],
            "releases": [
                _release(each, position, last)
                for position, each in enumerate(plan.releases)
                if each.has_chart
            ],
            "hooks": list(_alone(plan)),
        }
        yield File("helmfile.yaml", to_yaml({k: v for k, v in value.items() if v}).encode())


def _charted(plan: Plan) -> dict[str, Release]:
    return {each.name: each for each in plan.releases if each.has_chart}


def _release(release: Release, position: int, charted: dict[str, Release]) -> dict[str, Any]:
    folder = folder_of(release, position)
    needs = [f"{charted[n].namespace}/{n}" for n in release.depends_on if n in charted]
    hooks = [
        *_hook("presync", release, position, When.BEFORE),
        *_hook("postsync", release, position, When.WITH, When.AFTER),
    ]
    return {
        "name": release.name,
        "namespace": release.namespace,
        "chart": _chart(release),
        "version": release.version,
        "values": [f"{folder}/values.yaml"],
        # Charts that create resources of their own definitions cannot be validated before.
        "disableValidation": True,
        **({"needs": needs} if needs else {}),
        **({"hooks": hooks} if hooks else {}),
    }


def _chart(release: Release) -> str:
    if is_oci(release):
        return f"{(release.repository or '').rstrip('/')}/{release.chart}"
    return f"{release.name}/{release.chart}"


def _hook(event: str, release: Release, position: int, *whens: When) -> Iterator[dict[str, Any]]:
    for when in whens:
        for each in release.resources(when):
            yield _apply(event, path_of(release, position, each))


def _apply(event: str, path: str) -> dict[str, Any]:
    arguments = ["apply", "--server-side", "--force-conflicts", "--field-manager=eidos"]
    return {
        "events": [event],
        "showlogs": True,
        "command": "kubectl",
        "args": [*arguments, f"--filename={path}"],
    }


def _alone(plan: Plan) -> Iterator[dict[str, Any]]:
    """Give what belongs to no chart: it is applied when everything else is there."""
    for position, release in enumerate(plan.releases):
        if not release.has_chart:
            for each in release.rendered.resources:
                yield _apply("cleanup", path_of(release, position, each))


deployer = Helmfile()
