"""Helmfile: one file of releases that need each other; resources are applied by their hooks.

What belongs to no chart is a chart of its own below ``helmfile/``: global hooks would apply it on
every command, ``template`` and ``lint`` included. Namespaces are made before anything needs them,
with the labels that helmfile cannot give them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from eidos.bundlers.deployers._sources import is_oci
from eidos.engine.documents.yamlwriting import dump as to_yaml
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import File, Plan, Release, When, folder_of, namespaces, path_of

_TIMEOUT = 1500
"""Seconds; the GPU Operator builds drivers for up to 20 minutes."""
_TEMPLATE = """\
{{- range $path, $_ := .Files.Glob "objects/*.yaml" }}
---
{{ $.Files.Get $path }}
{{- end }}
"""
"""Writes objects as they are: what Helm gets from files, it does not render."""


class Helmfile:
    """Writes ``helmfile.yaml``, and beside it namespaces and charts of what has none."""

    name = "helmfile"

    def files(self, plan: Plan) -> Iterator[File]:
        """Give the files; see `eidos.engine.ports.Deployer`.

        Raises:
            BundleError: a text that helmfile would run as a template; names the component.
        """
        repositories = {
            each.name: each.repository
            for each in plan.releases
            if each.repository and not is_oci(each)
        }
        named = {each.name: each for each in plan.releases}
        value: dict[str, Any] = {
            "helmDefaults": {"wait": True, "timeout": _TIMEOUT, "createNamespace": True},
            "repositories": [{"name": n, "url": url} for n, url in sorted(repositories.items())],
            "releases": [
                _release(each, position, named) for position, each in enumerate(plan.releases)
            ],
        }
        yield File("helmfile.yaml", to_yaml({k: v for k, v in value.items() if v}).encode())
        labels = namespaces(plan)
        for position, each in enumerate(plan.releases):
            yield _namespace(each, position, labels[each.namespace])
            if not each.has_chart:
                yield from _chart_of(each, position)


def _release(release: Release, position: int, named: Mapping[str, Release]) -> dict[str, Any]:
    folder = folder_of(release, position)
    hooks = [_apply("presync", _namespace_path(release, position))]
    if release.has_chart:
        hooks += _hook("presync", release, position, When.BEFORE)
        hooks += _hook("postsync", release, position, When.WITH, When.AFTER)
        what = {
            "chart": _chart(release),
            "version": release.version,
            "values": [f"{folder}/values.yaml"],
        }
    else:
        what = {"chart": f"./{_folder(release, position)}/chart"}
    needs = [f"{named[name].namespace}/{name}" for name in release.depends_on if name in named]
    said = {
        "name": release.name,
        "namespace": release.namespace,
        **what,
        # Charts that create resources of their own definitions cannot be validated before.
        "disableValidation": True,
        **({"needs": needs} if needs else {}),
        "hooks": hooks,
    }
    if "{{" in f"{said} {release.repository}":
        raise BundleError(
            f"the name, chart, version or repository of {release.name} holds '{{{{', which "
            "helmfile would run",
            hint="Correct it in the recipe, or leave --deployer helmfile out.",
        )
    return said


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


# Beside the file --------------------------------------------------------------------------------


def _folder(release: Release, position: int) -> str:
    return f"helmfile/{folder_of(release, position)}"


def _namespace_path(release: Release, position: int) -> str:
    return f"{_folder(release, position)}/namespace.yaml"


def _namespace(release: Release, position: int, labels: Mapping[str, str]) -> File:
    metadata: dict[str, Any] = {
        "name": release.namespace,
        **({"labels": dict(labels)} if labels else {}),
    }
    value: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    return File(_namespace_path(release, position), to_yaml(value).encode())


def _chart_of(release: Release, position: int) -> Iterator[File]:
    """Give a chart that brings the objects of a release and renders nothing."""
    folder = f"{_folder(release, position)}/chart"
    about = to_yaml({"apiVersion": "v2", "name": release.name, "version": "0.0.0"})
    yield File(f"{folder}/Chart.yaml", about.encode())
    yield File(f"{folder}/templates/objects.yaml", _TEMPLATE.encode())
    for number, each in enumerate(release.rendered.resources):
        content = to_yaml(dict(each.value)).encode()
        yield File(f"{folder}/objects/{number:03}-{each.name}.yaml", content)


deployer = Helmfile()
