"""Whether a bundle is whole, and was let through by a gate for the recipe that is in it."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from eidos.engine.bundling.contradicting import contradictions
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
from eidos.engine.model.bundle_check import Decided, GivenWaiver, JudgingPack
from eidos.engine.model.gate import Gate
from eidos.engine.model.recipe import WrittenRecipe
from eidos.engine.model.rule import Severity
from eidos.engine.model.times import instant, staleness
from eidos.engine.model.verdict import Status
from eidos.engine.schema import problems

GATE = "gate.json"
RECIPE = "recipe.yaml"
EVIDENCE = "evidence/policy.json"
"""Says what the gate was asked and which eidos made a bundle, where there is one."""
_KINDS = {GATE: "gate-decision/v1", RECIPE: "recipe/v1", EVIDENCE: "gate-evidence/v1"}
"""Documents that must be what they are called; only the evidence may be missing."""
_UNANSWERED = frozenset({Status.UNKNOWN, Status.NOT_ASKABLE})
_MADE = "Make the bundle with eidos bundle; nothing else is one."


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
    """`GATE`, `RECIPE` and, where it is there, `EVIDENCE`, by path."""

    @property
    def packs(self) -> tuple[JudgingPack, ...]:
        """Each pack that judged, once; of one that did so twice what was asked at any time."""
        found: dict[tuple[str, str, str], JudgingPack] = {}
        for each in (*self.gate["before"]["packs"], *self.gate["after"]["packs"]):
            pack = JudgingPack(
                name=each["name"],
                version=each["version"],
                digest=each["digest"],
                rules=each["rules"],
                left_out=tuple(each["leftOut"]),
                not_enforced=tuple(each["notEnforced"]),
            )
            key = (pack.name, pack.version, pack.digest)
            found[key] = _together(found[key], pack) if key in found else pack
        return tuple(found[key] for key in sorted(found))

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


def _together(one: JudgingPack, other: JudgingPack) -> JudgingPack:
    return replace(
        one,
        rules=max(one.rules, other.rules),
        left_out=tuple(rule for rule in one.left_out if rule in other.left_out),
        not_enforced=tuple(sorted({*one.not_enforced, *other.not_enforced})),
    )


def decided(bundle: OpenedBundle, now: datetime) -> Decided:
    """Give what the decision in a bundle says.

    Args:
        bundle: that was let through.
        now: by the clock of this machine: how old facts are, and which waivers have ended.
    """
    said = bundle.gate
    halves = (said["before"], said["after"])
    taken = said["snapshot"]["timestamp"]
    answers = [each["status"] for half in halves for each in half["verdicts"]]
    answers += [each["status"] for each in said["constraints"]]
    terms = said["before"]
    return Decided(
        gate=said["gate"],
        recipe=said["recipe"]["name"],
        recipe_digest=said["recipe"]["digest"],
        cluster=said["snapshot"]["cluster"],
        snapshot=said["snapshot"]["digest"],
        snapshot_time=taken,
        age=_age(taken, now),
        stale=staleness(taken, now, math.inf),
        effective_time=said["effectiveTime"],
        terms=Gate(Severity(terms["failOn"]), terms["allowIncomplete"], terms["requireAskable"]),
        unanswered=sum(each in _UNANSWERED for each in answers),
        packs=bundle.packs,
        waivers=_waivers(halves, now),
        relaxations=tuple(
            (each["setting"], str(each["value"]), each["place"]) for each in said["relaxations"]
        ),
    )


def _age(time: str | None, now: datetime) -> float | None:
    try:
        return (now - instant(time or "")).total_seconds()
    except ValueError:
        return None


def _waivers(halves: Sequence[Mapping[str, Any]], now: datetime) -> tuple[GivenWaiver, ...]:
    uses = Counter(
        each["waiver"] for half in halves for each in half["verdicts"] if "waiver" in each
    )
    given = {each["id"]: each for half in halves for each in half["waivers"]}
    return tuple(
        GivenWaiver(
            id=name,
            about=given[name]["rule"],
            until=given[name]["until"],
            uses=uses[name],
            has_ended=instant(given[name]["until"]) < now,
        )
        for name in sorted(given)
    )


def _meanwhile(place: Path) -> BundleError:
    return BundleError(
        "the file was altered while the bundle was looked at",
        hint="Let nobody write there.",
        location=Location(str(place)),
    )


def placed(problems: Iterable[Problem], folder: Path, place: str) -> Iterator[Problem]:
    """Say of what is wrong in a folder of ours where the user said that the bundle is."""
    for each in problems:
        where = each.location
        if where is not None:
            where = replace(where, file=where.file.replace(str(folder), place, 1))
        yield replace(each, location=where)


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
    for name, kind in _KINDS.items():
        where = Location(str(folder / name))
        if name not in listed:
            if name != EVIDENCE:
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
    wrong = list(contradictions(gate, recipe))
    if wrong:
        return Verified(found.place, found.digest, tuple(wrong))
    said: Any = gate.value
    return OpenedBundle(folder, found.digest, listed, said, recipe, documents)


def whole(folder: Path, place: str | None = None) -> OpenedBundle:
    """Open a bundle that somebody may vouch for.

    Args:
        folder: that it lies in.
        place: where the user said that it is; None for the folder.

    Raises:
        BundleError: says all that is wrong with it.
    """
    found = open_bundle(folder)
    if isinstance(found, Verified):
        raise BundleError.joined([*placed(found.problems, folder, place or str(folder))])
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
