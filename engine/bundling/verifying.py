"""Whether a bundle is whole, and was let through by a gate for the recipe that is in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eidos.engine.bundling.trees import Verified, read_manifest, verified_manifest
from eidos.engine.digest import address, digest
from eidos.engine.documents.reading import Document, read_text
from eidos.engine.errors import EidosError, Location, Problem
from eidos.engine.model.gate import Decision
from eidos.engine.schema import problems

GATE = "gate.json"
_RECIPE = "recipe.yaml"
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


def verify_bundle(folder: Path) -> tuple[Verified, LetThrough | None]:
    """Hold a bundle against its manifest, and the decision in it against its recipe.

    Returns:
        What differs, and what the decision says; None where the bundle is not whole, or nothing let
        it through.

    Raises:
        BundleError: there is no folder.
    """
    found, manifest = verified_manifest(folder)
    if not found.is_whole:
        return found, None
    listed = read_manifest(manifest)
    wrong: list[Problem] = []
    documents: dict[str, Document] = {}
    for name, kind in ((GATE, "gate-decision/v1"), (_RECIPE, "recipe/v1")):
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
    if not wrong:
        wrong += _contradictions(documents[GATE], documents[_RECIPE])
    if wrong:
        return Verified(found.place, found.digest, tuple(wrong)), None
    return found, _let_through(documents[GATE].value)


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


def _contradictions(gate: Document, recipe: Document) -> list[Problem]:
    """See that every part of the decision is open, and is about this recipe."""
    said: Any = gate.value
    parts = {"decision": said["decision"], "before": said["before"]["decision"]}
    parts["after"] = said["after"]["decision"] if said["after"] else "not asked"
    wrong = [
        Problem(f"no gate let it through: {part} is {decision}", _MADE, gate.location(()))
        for part, decision in parts.items()
        if decision != Decision.PASSED
    ]
    if said["recipe"]["digest"] != digest(recipe.value):
        message = "the decision is about another recipe than the one in the bundle"
        wrong.append(Problem(message, _MADE, gate.location(("recipe", "digest"))))
    return wrong


def _let_through(said: Any) -> LetThrough:  # noqa: ANN401 -- it keeps the schema
    return LetThrough(
        gate=said["gate"],
        recipe=said["recipe"]["name"],
        effective_time=said["effectiveTime"],
        waivers=len({each["id"] for part in ("before", "after") for each in said[part]["waivers"]}),
        relaxations=len(said["relaxations"]),
    )
