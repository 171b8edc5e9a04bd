"""The files that every bundle has, whatever deploys it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from eidos.engine.documents.reading import read_text
from eidos.engine.documents.writing import to_yaml
from eidos.engine.model.bundle import File, Plan, Release, folder_of, path_of
from eidos.engine.model.facts import join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import WrittenRecipe
from eidos.engine.ports import Deployer


def bundle_files(
    plan: Plan, recipe: WrittenRecipe, deployers: Mapping[str, Deployer], *, annotate: bool
) -> tuple[File, ...]:
    """Give every file of a bundle but the decision and what it was decided from.

    Args:
        plan: what is deployed.
        recipe: as it was given.
        deployers: what writes for the tools that deploy it, by name.
        annotate: say before each value who set it.

    Raises:
        BundleError: a deployer cannot write the plan.
    """
    files = [*common_files(plan, recipe, annotate=annotate), readme(plan, recipe)]
    for name, deployer in deployers.items():
        files += deployer.files(replace(plan, deployer=name))
    return tuple(files)


def common_files(plan: Plan, recipe: WrittenRecipe, *, annotate: bool = False) -> Iterator[File]:
    """Give the recipe, and values and resources of each release.

    Args:
        plan: what is deployed.
        recipe: as it was given.
        annotate: say before each value who set it.
    """
    yield File("recipe.yaml", to_yaml(dict(recipe.document)).encode())
    for position, release in enumerate(plan.releases):
        folder = folder_of(release, position)
        if release.has_chart:
            notes = _notes(release, recipe) if annotate else {}
            text = _annotated(release.rendered.values, notes)
            yield File(f"{folder}/values.yaml", text.encode())
        for each in release.rendered.resources:
            yield File(path_of(release, position, each), to_yaml(dict(each.value)).encode())


def _notes(release: Release, recipe: WrittenRecipe) -> dict[str, str]:
    """Say of each value of a chart who set it: the recipe's provenance, or a shared input."""
    start = f"components.{release.name}.values."
    prefix = join_path(("components", release.name, "values"))
    found: dict[str, str] = {}
    for path, said in recipe.provenance.items():
        if path.startswith((start, prefix)) and isinstance(said, Mapping):
            own = path.removeprefix(prefix).removeprefix(".")
            found[own] = " ".join(
                f"{said.get('by')} ({said.get('place')}): {said.get('because', '')}".split()
            )
    return found | dict(release.rendered.provenance)


def _annotated(values: Mapping[str, Json], notes: Mapping[str, str]) -> str:
    """Write YAML with a comment before each top-level key that says who set what below it."""
    if not notes:
        return to_yaml(dict(values)) if values else "{}\n"
    parts = []
    for key in values:
        below = [
            _comment(f"{path}: {by}")
            for path, by in sorted(notes.items())
            if path == key or path.startswith((f"{key}.", f"{key}[", f'["{key}"]'))
        ]
        parts.append("".join(below) + to_yaml({key: values[key]}))
    return "\n".join(parts)


def _comment(text: str) -> str:
    """Write one line of comment, whatever is in the text: a line break would make it a value."""
    return f"# {''.join(sign if sign.isprintable() else '?' for sign in text)}\n"


def as_input(plan: Plan, recipe: WrittenRecipe, files: Iterable[File]) -> dict[str, Json]:
    """Give what rules of scope bundle see as ``input.bundle``.

    Returns:
        ``recipe`` (the document), ``deployer``, ``components`` (by name: chart, version, namespace,
        wave, dependsOn, values, namespaceLabels, notes; values only of what has a chart, which
        alone gets them), ``objects`` (every resource with
        ``component``, ``apply`` and ``object``), ``deployment`` (what the deployers wrote for tools
        that read objects: ``path`` and ``object``), ``files`` (paths and sizes).
    """
    files = tuple(files)
    components: dict[str, Json] = {each.name: _component(each) for each in plan.releases}
    objects: list[Json] = [
        {
            "component": release.name,
            "name": each.name,
            "apply": each.when.value,
            "object": dict(each.value),
        }
        for release in plan.releases
        for each in release.rendered.resources
    ]
    return {
        "recipe": dict(recipe.document),
        "criteria": dict(recipe.criteria),
        "deployer": plan.deployer,
        "components": components,
        "objects": objects,
        "deployment": list(deployment(files)),
        "files": [{"path": each.path, "size": len(each.content)} for each in files],
    }


_DEPLOYMENTS = ("argocd/", "flux/")
"""Folders of deployers whose files are objects of Kubernetes."""


def deployment(files: Iterable[File]) -> Iterator[Json]:
    """Give the objects that deployers wrote for tools that read some, with their paths."""
    for file in files:
        if file.path.startswith(_DEPLOYMENTS) and file.path.endswith(".yaml"):
            for document in read_text(file.content.decode(), file.path):
                yield {"path": file.path, "object": document.value}


def _component(release: Release) -> dict[str, Any]:
    return {
        "chart": release.chart,
        "repository": release.repository,
        "version": release.version,
        "namespace": release.namespace,
        "wave": release.wave,
        "dependsOn": list(release.depends_on),
        "crdsBy": release.crds_by,
        "serverSide": release.rendered.server_side,
        "values": dict(release.rendered.values) if release.has_chart else {},
        "namespaceLabels": dict(release.rendered.namespace_labels),
        "notes": [
            {"text": each.text, "path": each.path, "unused": each.is_unused}
            for each in release.rendered.notes
        ],
    }


def readme(plan: Plan, recipe: WrittenRecipe) -> File:
    """Write what is in the bundle, why, in which order, and how to go back."""
    lines = [
        f"# {_text(plan.recipe)}",
        "",
        f"Deploys the recipe `{plan.recipe}` for "
        + (", ".join(f"{name} {value}" for name, value in plan.criteria.items()) or "any cluster")
        + f", with {plan.deployer}. `recipe.yaml` says of every value who set it and why; "
        "`gate.json` is the decision that let this bundle be made. Nothing here may be changed by "
        "hand: `eidos bundle verify .` names what differs from `manifest.json`.",
        "",
        "## Order",
        "",
        "```mermaid",
        *_diagram(plan),
        "```",
        "",
        "| wave | component | version | namespace | after |",
        "|--:|---|---|---|---|",
        *(
            _row(each.wave, each.name, each.version, each.namespace, ", ".join(each.depends_on))
            for each in plan.releases
        ),
        "",
        *_deploying(plan),
        *_notes_of(plan),
        *_tuning(recipe),
    ]
    return File("README.md", ("\n".join(lines).rstrip() + "\n").encode())


def _diagram(plan: Plan) -> Iterator[str]:
    yield "graph LR"
    ids = {each.name: f"c{number}" for number, each in enumerate(plan.releases)}
    for number, wave in enumerate(plan.waves):
        yield f"  subgraph wave{number}[wave {number}]"
        for each in wave:
            yield f'    {ids[each.name]}["{_text(each.name)}"]'
        yield "  end"
    for each in plan.releases:
        for needed in each.depends_on:
            yield f"  {ids[needed]} --> {ids[each.name]}"


_HOW = {
    "helm": "./install.sh --dry-run   # shows every command\n./install.sh",
    "helmfile": "helmfile template   # shows every object\nhelmfile sync",
    "argocd": "kubectl apply --server-side -f argocd/app-of-apps.yaml",
    "flux": "kubectl apply --server-side -f flux/kustomization.yaml",
}
_BACK = {
    "helm": """./uninstall.sh removes it, last wave first. To go back, run install.sh of an earlier
bundle; `eidos bundle diff OLD NEW` says what that restarts.""",
    "helmfile": """helmfile destroy removes releases; objects that hooks applied stay. To go back,
run helmfile sync of an earlier bundle over this one.""",
    "argocd": """Point targetRevision at an earlier commit; removing the application removes what it
made.""",
    "flux": """Point the source at an earlier revision; removing the Kustomization removes what it
made.""",
}


def _deploying(plan: Plan) -> Iterator[str]:
    how = _HOW.get(plan.deployer)
    if how is not None:
        back = _BACK[plan.deployer]
        yield from ("## Deploy", "", "```sh", how, "```", "", "## Go back", "", back, "")


def _notes_of(plan: Plan) -> Iterator[str]:
    noted = [each for each in plan.releases if each.rendered.notes]
    if noted:
        yield from ("## Notes", "")
    for each in noted:
        for note in each.rendered.notes:
            path = f" `{_text(note.path)}`" if note.path else ""
            yield f"- **{_text(each.name)}**{path}: {_text(note.text)}"
    if noted:
        yield ""


def _tuning(recipe: WrittenRecipe) -> Iterator[str]:
    if not recipe.tuning:
        return
    yield from (
        "## Tuning of the nodes",
        "",
        "| area | setting | because | trade-off |",
        "|---|---|---|---|",
    )
    for area, settings in recipe.tuning.items():
        for each in settings if isinstance(settings, list) else ():
            said: Any = each
            what = said.get("set") or " ".join(
                str(said[key])
                for key in ("key", "name", "unit", "property", "value", "state")
                if key in said
            )
            yield _row(area, what, said.get("because"), said.get("tradeoff"))
    yield ""


def _row(*cells: object) -> str:
    return f"| {' | '.join(_text('-' if each in (None, '') else each) for each in cells)} |"


def _text(value: object) -> str:
    """Write text that neither ends a cell of a table nor starts markup."""
    said = " ".join(str(value).split())
    for sign in "\\`|<>[]":
        said = said.replace(sign, f"\\{sign}")
    return said.replace('"', "'")
