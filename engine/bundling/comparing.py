"""Two published bundles: what of components, values, resources and files is no longer the same."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eidos.engine.bundling.trees import MANIFEST, read_manifest, verify_tree
from eidos.engine.digest import address
from eidos.engine.documents.reading import Document, read_text
from eidos.engine.documents.recipes import read_recipe
from eidos.engine.errors import BundleError, DocumentError, Location
from eidos.engine.model.bundle import File
from eidos.engine.model.facts import join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import WrittenComponent, WrittenRecipe
from eidos.engine.model.transition import (
    ComponentChange,
    PublishedBundle,
    ResourceChange,
    ValueChange,
)
from eidos.engine.schema import problems

_FOLDER = re.compile(r"\d{3,}-(?P<component>[^/]+)/(?P<rest>.+)")
_RECIPE = "recipe.yaml"
_OF_ALL = frozenset(
    {_RECIPE, "README.md", "gate.json", "install.sh", "uninstall.sh", "helmfile.yaml"}
)
"""Files that speak of every component, so that a change of one component changes them."""
_EVIDENCE = "evidence/"
"""Below it lies what the gate was decided from, which is about every component too."""
_ABSENT = object()


def read_bundle(folder: Path) -> PublishedBundle:
    """Read a bundle that was published.

    Raises:
        BundleError: it is not whole: says what differs from its manifest.
        DocumentError: its recipe is none.
    """
    verified = verify_tree(folder)
    if not verified.is_whole:
        raise BundleError.joined(verified.problems)
    files = {path: (folder / path).read_bytes() for path in read_manifest(_manifest(folder))}
    recipe = _recipe(files, folder)
    values: dict[str, Mapping[str, Json]] = {}
    resources: dict[str, dict[str, Json]] = {}
    for path, content in files.items():
        found = _FOLDER.fullmatch(path)
        if found is None or not path.endswith(".yaml"):
            continue
        value: Any = _read(content, folder, path).value
        if found["rest"] == "values.yaml":
            values[found["component"]] = value or {}
        else:
            resources.setdefault(found["component"], {})[found["rest"]] = value
    digest = address(_manifest(folder))
    return PublishedBundle(str(folder), digest, recipe, files, values, resources)


def _manifest(folder: Path) -> bytes:
    return (folder / MANIFEST).read_bytes()


def _recipe(files: Mapping[str, bytes], folder: Path) -> WrittenRecipe:
    if _RECIPE not in files:
        raise BundleError("the bundle has no recipe", location=Location(str(folder / _RECIPE)))
    document = _read(files[_RECIPE], folder, _RECIPE)
    wrong = problems(document, "recipe/v1")
    if wrong:
        raise DocumentError.joined(wrong)
    return read_recipe(document)


def _read(content: bytes, folder: Path, path: str) -> Document:
    name = str(folder / path)
    try:
        [document] = read_text(content.decode(), name)
    except ValueError as error:
        raise DocumentError("the file is not one document", location=Location(name)) from error
    return document


# Changes ----------------------------------------------------------------------------------------


def changes(old: PublishedBundle, new: PublishedBundle) -> tuple[ComponentChange, ...]:
    """Give what changes of each component, in the order of a rollout: what is removed comes last.

    Args:
        old: what runs.
        new: what shall run.
    """
    before = {each.name: each for each in old.recipe.components}
    after = {each.name: each for each in new.recipe.components}
    kept = [
        change
        for name, component in after.items()
        if (change := _change(before.get(name), component, old, new)) is not None
    ]
    gone = [
        ComponentChange(
            each.name,
            "removed",
            each.version,
            None,
            each.wave,
            resources=tuple(_resources(old.resources.get(each.name, {}), {})),
        )
        for each in reversed(old.recipe.components)
        if each.name not in after
    ]
    return (*sorted(kept, key=lambda each: each.wave), *gone)


def _change(
    before: WrittenComponent | None,
    after: WrittenComponent,
    old: PublishedBundle,
    new: PublishedBundle,
) -> ComponentChange | None:
    name = after.name
    values = tuple(_values(dict(old.values.get(name, {})), dict(new.values.get(name, {}))))
    resources = tuple(_resources(old.resources.get(name, {}), new.resources.get(name, {})))
    if before is None:
        return ComponentChange(name, "added", None, after.version, after.wave, (), resources)
    moved = before.version != after.version
    elsewhere = before.namespace != after.namespace
    if not (moved or elsewhere or values or resources):
        return None
    if elsewhere:
        values = (ValueChange("namespace", before.namespace, after.namespace), *values)
    change = "moved" if moved else "changed"
    return ComponentChange(
        name, change, before.version, after.version, after.wave, values, resources
    )


def _values(before: Json, after: Json) -> Iterator[ValueChange]:
    """Give every value that differs; a list is one value."""
    ours, theirs = dict(_leaves(before)), dict(_leaves(after))
    for path in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(path, _ABSENT), theirs.get(path, _ABSENT)
        if one is _ABSENT or other is _ABSENT or one != other or type(one) is not type(other):
            yield ValueChange(join_path(path), ours.get(path), theirs.get(path))


def _leaves(value: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    if isinstance(value, Mapping) and (value or not path):
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    else:
        yield path, value


def _resources(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[ResourceChange]:
    for path in sorted(before.keys() | after.keys()):
        if path not in before:
            yield ResourceChange(path, _kind(after[path]), "added")
        elif path not in after:
            yield ResourceChange(path, _kind(before[path]), "removed")
        elif values := tuple(_values(before[path], after[path])):
            yield ResourceChange(path, _kind(after[path]), "changed", values)


def _kind(value: Json) -> str:
    return str(value.get("kind", "")) if isinstance(value, Mapping) else ""


def changed_files(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    """Give every file that is not byte-identical in both, with what became of it."""
    found = {}
    for path in sorted(old.keys() | new.keys()):
        if path not in old:
            found[path] = "added"
        elif path not in new:
            found[path] = "removed"
        elif old[path] != new[path]:
            found[path] = "changed"
    return found


# Partial updates --------------------------------------------------------------------------------


def refuse_more_than(
    only: Sequence[str], old: PublishedBundle, recipe: WrittenRecipe, files: Sequence[File]
) -> None:
    """Refuse files that change more of a bundle than some components.

    Every file of another component must be byte-identical. Files that speak of all of them
    (the recipe, scripts) are made of the plan, so the recipes must agree on all others.

    Args:
        only: components that may change.
        old: the bundle that is updated.
        recipe: of the new one.
        files: of the new one.

    Raises:
        BundleError: names what else would change.
    """
    fresh = {each.path: each.content for each in files}
    wrong = [
        f"{path} is {what}"
        for path, what in changed_files(old.files, fresh).items()
        if path not in _OF_ALL and not path.startswith(_EVIDENCE) and not _is_of(only, path)
    ]
    before = {each.name: each for each in old.recipe.components if each.name not in only}
    after = {each.name: each for each in recipe.components if each.name not in only}
    wrong += [
        f"the recipe's {name} differs"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    if wrong:
        raise BundleError(
            f"more would change than {', '.join(only)}: {'; '.join(wrong[:5])}"
            + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""),  # noqa: PLR2004 -- as shown
            hint="Make a whole bundle, or give --only for each component that may change; "
            "'eidos bundle diff' shows all of it.",
        )


def _is_of(only: Sequence[str], path: str) -> bool:
    """Say whether a file is of one of some components: in its folder, or what a deployer wrote."""
    names = "|".join(re.escape(name) for name in only)
    return (
        re.fullmatch(rf"(?:.+/)?\d{{3,}}-(?:{names})(?:/.+|(?:-(?:pre|with|post))?\.yaml)", path)
        is not None
    )
