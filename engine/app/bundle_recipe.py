"""The recipe that is bundled: as the catalog gives it, and for the cluster that is seen."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.recipe import derived, observe
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import Document, read_one
from eidos.engine.errors import BundleError, DocumentError, EidosError, Problem
from eidos.engine.model.recipe import Catalog, WrittenRecipe
from eidos.engine.model.rule import Pack
from eidos.engine.schema import problems

_DERIVED = ("overlays", "relaxed", "tuning", "checks", "provenance")
"""Sections of a recipe that follow from its criteria and profiles, and that are compared whole."""
_SEEN = ("status", "said", "nodes")
"""Keys of a constraint that say what came of it."""
_ALTERED = (
    "Make the change in your own overlay, and resolve the recipe again: eidos recipe --data DIR"
)


def open_recipe_file(file: str, context: Context) -> Document:
    """Read the document of a recipe that was written to a file.

    Raises:
        DocumentError: it cannot be read, or is none; says all that is wrong.
    """
    document = read_one(Source(file, Path(file)), context.limits)
    wrong = problems(document, "recipe/v1")
    if wrong:
        raise DocumentError.joined(wrong)
    return document


def refuse_other_catalog(recipe: WrittenRecipe, catalog: Catalog, file: str) -> None:
    """Refuse a recipe that was made of other files than are here.

    Raises:
        BundleError: says which files differ.
    """
    roots = tuple(f"{root}/" for root in catalog.roots)
    locked = {name: each for name, each in recipe.lock.items() if "/" in name and " " not in name}
    differing = [name for name, digest in locked.items() if catalog.files.get(name) != digest]
    if differing:
        missing = [name for name in differing if not name.startswith(roots)]
        hint = (
            "Give the site folder it was made with: --data DIR"
            if missing
            else "Resolve the recipe again with this catalog: eidos recipe ..."
        )
        raise BundleError(
            f"the recipe '{file}' was made from other catalog files than those here: "
            + ", ".join(differing[:5])
            + (f" and {len(differing) - 5} more" if len(differing) > 5 else ""),  # noqa: PLR2004 -- as shown
            hint=hint,
        )


def refuse_altered(recipe: WrittenRecipe, catalog: Catalog, file: str) -> tuple[str, ...]:
    """Refuse a recipe that says something else than what it says it was made of.

    A constraint more is somebody's, and makes nothing easier; a component less is somebody's too,
    and what constraints say of it holds all the same.

    Returns:
        The components that were left out.

    Raises:
        BundleError: says what differs.
    """
    said: Any = recipe.document
    try:
        right: Any = derived(recipe, catalog)
    except EidosError as error:
        problem = f"the recipe '{file}' does not follow from the catalog: {error.message}"
        raise BundleError(problem, hint=_ALTERED) from error
    wrong = list(_altered(said, right))
    if wrong:
        differing = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if wrong[5:] else "")
        raise BundleError(
            f"the recipe '{file}' was changed after it was resolved: {differing}", hint=_ALTERED
        )
    kept = {each["name"] for each in said["components"]}
    return tuple(each["name"] for each in right["components"] if each["name"] not in kept)


def _altered(said: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[str]:
    """Name what a recipe says otherwise than the catalog."""
    yield from (name for name in _DERIVED if said.get(name) != right.get(name))
    files = {name: each for name, each in said["lock"].items() if "/" in name and " " not in name}
    if files != right["lock"]:
        yield "lock"
    stated = [
        {key: each[key] for key in each if key not in _SEEN} for each in said.get("constraints", ())
    ]
    if any(each not in stated for each in right.get("constraints", ())):
        yield "constraints"
    kept = [each["name"] for each in said["components"]]
    ours, its = (_kept(each["components"], kept) for each in (right, said))
    differing = [f"component {name}" for name in kept if its.get(name) != ours.get(name)]
    yield from differing
    if not differing and list(ours) != kept:
        yield "the order of components"


def _kept(components: Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    """Give components of these names, each depending on nothing that was left out."""
    return {
        each["name"]: {
            **each,
            "dependsOn": [other for other in each.get("dependsOn", ()) if other in names],
        }
        for each in components
        if each["name"] in names
    }


def refuse_other_cluster(
    recipe: WrittenRecipe,
    item: Item,
    catalog: Catalog,
    selecting: Sequence[Pack],
    context: Context,
) -> None:
    """Refuse a recipe that is for another kind of cluster than facts show.

    Criteria that were forced against the facts when the recipe was resolved stay as they were.

    Args:
        recipe: what is bundled.
        item: the snapshot of the cluster.
        catalog: says which criteria there are.
        selecting: the packs that derive criteria from facts.
        context: what is open.

    Raises:
        BundleError: says which criteria contradict which facts.
    """
    said: Any = recipe.document.get("criteria", {})
    seen = observe(item, catalog, selecting, context)
    wrong = [
        Problem(
            f"the recipe is for {name} {value}, and the snapshot shows {each.value}: "
            f"{each.because}",
            "Give the snapshot of that cluster, or resolve a recipe for this one: "
            "eidos recipe --snapshot ...",
        )
        for name, value in recipe.criteria.items()
        if not said.get(name, {}).get("overruled")
        for each in seen.get(name, ())
        if value not in {other.value for other in seen[name]}
    ]
    if wrong:
        raise BundleError.joined(wrong)
