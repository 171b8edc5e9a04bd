"""Whether a bundle is whole, and was let through by a gate for the recipe that is in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eidos.engine.bundling.trees import (
    Listed,
    Verified,
    read_manifest,
    verified_manifest,
)
from eidos.engine.digest import address
from eidos.engine.documents.reading import Document, read_text
from eidos.engine.documents.recipes import read_recipe
from eidos.engine.errors import BundleError, EidosError, Location, Problem
from eidos.engine.model.gate import Decision
from eidos.engine.model.recipe import WrittenRecipe
from eidos.engine.schema import problems

GATE = "gate.json"
RECIPE = "recipe.yaml"
_MADE = "Make the bundle with eidos bundle; nothing else is one."


@dataclass(frozen=True, slots=True)
class LetThrough:
    """What the decision in a bundle says."""

    gate: str
    recipe: str
    effective_time: str
    waivers: int
    relaxations: int

    def __str__(self) -> str:
        """Give one line: ``gate prod: passed by the rules of 2026-11-24 for eks-h100, ...``."""
        eased = f"{self.waivers} waivers, {self.relaxations} relaxations"
        return (
            f"gate {self.gate}: passed by the rules of {self.effective_time} "
            f"for {self.recipe}, {eased}"
        )


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle that is whole, and was let through by the gate that it says."""

    folder: Path
    digest: str
    """Content address of its manifest."""
    listed: Mapping[str, Listed]
    """Every file but manifest and checksums, by path."""
    gate: Mapping[str, Any]
    """The decision; it keeps its schema."""
    recipe: WrittenRecipe
    documents: Mapping[str, Document] = field(default_factory=dict)
    """`GATE` and `RECIPE`, by path."""

    @property
    def let_through(self) -> LetThrough:
        """What the decision says, in short."""
        said = self.gate
        parts = (said["before"], said["after"])
        return LetThrough(
            gate=said["gate"],
            recipe=said["recipe"]["name"],
            effective_time=said["effectiveTime"],
            waivers=len({each["id"] for part in parts for each in part["waivers"]}),
            relaxations=len(said["relaxations"]),
        )

    def read(self, path: str) -> bytes:
        """Give a file as it is listed.

        Raises:
            BundleError: it cannot be read, or is another by now.
        """
        place = self.folder / path
        try:
            content = place.read_bytes()
        except OSError as error:
            raise _meanwhile(place) from error
        if address(content) != self.listed[path].digest:
            raise _meanwhile(place)
        return content


def _meanwhile(place: Path) -> BundleError:
    return BundleError(
        "the file was altered while the bundle was looked at",
        hint="Let nobody write there.",
        location=Location(str(place)),
    )


def open_bundle(folder: Path) -> OpenedBundle | Verified:
    """Hold a bundle against its manifest, and the decision in it against its recipe.

    Returns:
        The bundle; what is wrong where it is not whole, or nothing let it through.

    Raises:
        BundleError: there is no folder.
    """
    found, manifest = verified_manifest(folder)
    if not found.is_whole or found.digest is None:
        return found
    listed = read_manifest(manifest)
    wrong: list[Problem] = []
    documents: dict[str, Document] = {}
    for name, kind in ((GATE, "gate-decision/v1"), (RECIPE, "recipe/v1")):
        where = Location(str(folder / name))
        if name not in listed:
            wrong.append(Problem(f"the bundle has no {name}", _MADE, where))
            continue
        try:
            documents[name] = _read(folder / name, listed[name].digest)
        except (OSError, ValueError, EidosError) as error:
            wrong.append(Problem(f"{name} cannot be read: {error}", _MADE, where))
            continue
        wrong += problems(documents[name], kind)
    if wrong:
        return Verified(found.place, found.digest, tuple(wrong))
    gate, recipe = documents[GATE], read_recipe(documents[RECIPE])
    wrong = list(_contradictions(gate, recipe))
    if wrong:
        return Verified(found.place, found.digest, tuple(wrong))
    said: Any = gate.value
    return OpenedBundle(folder, found.digest, listed, said, recipe, documents)


def whole(folder: Path) -> OpenedBundle:
    """Open a bundle that somebody may vouch for.

    Raises:
        BundleError: says all that is wrong with it.
    """
    found = open_bundle(folder)
    if isinstance(found, Verified):
        raise BundleError.joined(found.problems)
    return found


def _read(path: Path, listed: str) -> Document:
    """Read a file that was verified a moment ago.

    Raises:
        EidosError, OSError, ValueError: it cannot be read, or is another by now.
    """
    content = path.read_bytes()
    if address(content) != listed:
        raise ValueError("it was altered meanwhile")
    [document] = read_text(content.decode(), str(path))
    return document


def _contradictions(gate: Document, recipe: WrittenRecipe) -> Iterator[Problem]:
    """See that every part of the decision is open, and is about this recipe."""
    said: Any = gate.value
    parts = {"decision": said["decision"], "before": said["before"]["decision"]}
    parts["after"] = said["after"]["decision"] if said["after"] else "not asked"
    for part, decision in parts.items():
        if decision != Decision.PASSED:
            message = f"no gate let it through: {part} is {decision}"
            yield Problem(message, _MADE, gate.location(()))
    if said["recipe"]["digest"] != recipe.digest:
        message = "the decision is about another recipe than the one in the bundle"
        yield Problem(message, _MADE, gate.location(("recipe", "digest")))
