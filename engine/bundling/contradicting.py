"""Whether a decision is one that a gate could have made: every part of it open, and all agreeing.

Nothing is asked again here. Whoever writes a decision by hand can make all of it agree, and only a
replay tells; but nobody vouches for one that says two things.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from eidos.engine.documents.reading import Document
from eidos.engine.errors import Problem
from eidos.engine.model.gate import Decision, Gate
from eidos.engine.model.recipe import WrittenRecipe
from eidos.engine.model.rule import Enforcement, Severity
from eidos.engine.model.times import instant
from eidos.engine.model.verdict import Status

_MADE = "Make the bundle with eidos bundle; nothing else is one."
_HALVES = ("before", "after")
_SILENT = frozenset({Status.SKIP, Status.UNKNOWN, Status.NOT_ASKABLE})


def contradictions(gate: Document, recipe: WrittenRecipe) -> Iterator[Problem]:
    """Say what in a decision cannot be, or keeps it from being open.

    Args:
        gate: the decision, which keeps its schema.
        recipe: the one in the bundle.
    """
    said: Any = gate.value
    for path, message in _of_decision(said, recipe):
        yield Problem(message, _MADE, gate.location(path))


_Found = Iterator[tuple[tuple[str | int, ...], str]]
"""Where something is wrong, and what."""


def _of_decision(said: Mapping[str, Any], recipe: WrittenRecipe) -> _Found:
    halves = {half: said[half] for half in _HALVES if said[half]}
    yield from _of_openness(said, halves)
    if said["recipe"] != {"name": recipe.name, "digest": recipe.digest}:
        yield ("recipe",), "the decision is about another recipe than the one in the bundle"
    if not _is_instant(said["effectiveTime"]):
        yield ("effectiveTime",), "the day that rules saw is none"
    if len(set(map(_terms, halves.values()))) > 1:
        yield ("after",), "what closes the gate is not the same before and after rendering"
    for half, each in halves.items():
        for message in _of_half(each, said["effectiveTime"]):
            yield (half,), f"{half}: {message}"


def _of_openness(said: Mapping[str, Any], halves: Mapping[str, Mapping[str, Any]]) -> _Found:
    """See that every part passed, and that nothing was missing beside verdicts."""
    parts = {"decision": said["decision"], "before": "not asked", "after": "not asked"}
    parts |= {half: each["decision"] for half, each in halves.items()}
    for part, decision in parts.items():
        if decision != Decision.PASSED:
            yield (), f"no gate let it through: {part} is {decision}"
    for reason in said["reasons"][:1]:
        yield ("reasons",), f"it passed, and has a reason not to: {reason}"
    yield from _of_constraints(said)


def _of_constraints(said: Mapping[str, Any]) -> _Found:
    gate = _terms(said["before"])
    for number, each in enumerate(said["constraints"]):
        if gate.is_closed_by(Status(each["status"]), counts=True):
            message = f"it passed, and the constraint on {each['fact']} is {each['status']}"
            yield ("constraints", number), message


def _terms(half: Mapping[str, Any]) -> Gate:
    return Gate(Severity(half["failOn"]), half["allowIncomplete"], half["requireAskable"])


def _is_instant(text: str) -> bool:
    try:
        instant(text)
    except ValueError:
        return False
    return True


# Of one half ------------------------------------------------------------------------------------


def _of_half(half: Mapping[str, Any], day: str) -> Iterator[str]:
    gate, verdicts = _terms(half), half["verdicts"]
    if dict(Counter(each["status"] for each in verdicts)) != half["counts"]:
        yield "the counts are not those of the verdicts"
    if not gate.allow_incomplete and all(each["status"] in _SILENT for each in verdicts):
        yield "it passed, and nothing was judged"
    for each in verdicts:
        if _closes(gate, each):
            yield f"it passed, and {each['rule']} of {each['subject']} is {each['status']}"
    yield from _of_packs(half)
    yield from _of_waivers(half, day)


def _closes(gate: Gate, verdict: Mapping[str, Any]) -> bool:
    """Say whether a verdict keeps the gate closed; one without its severity does, if any does."""
    status = Status(verdict["status"])
    severity = Severity(verdict.get("severity", Severity.CRITICAL))
    is_denied = verdict.get("enforcement", Enforcement.DENY) == Enforcement.DENY
    return gate.is_closed_by(status, counts=is_denied and gate.reaches(severity))


def _of_packs(half: Mapping[str, Any]) -> Iterator[str]:
    """Hold what is said of packs against the verdicts: which rules were asked, and enforced."""
    rules = {each["rule"] for each in half["verdicts"]}
    lax = {each["rule"] for each in half["verdicts"] if "enforcement" in each}
    packs = half["packs"]
    if not packs:
        yield "no pack judged"
    if any(len(each["leftOut"]) > each["rules"] for each in packs):
        yield "of a pack more rules are left out than it has"
    if sum(each["rules"] - len(each["leftOut"]) for each in packs) != len(rules):
        yield "the packs do not have as many rules as there are verdicts of"
    if rules & {rule for each in packs for rule in each["leftOut"]}:
        yield "a rule is left out, and there is a verdict of it"
    if lax != {rule for each in packs for rule in each["notEnforced"]}:
        yield "the rules that are not enforced are not those of the verdicts"


def _of_waivers(half: Mapping[str, Any], day: str) -> Iterator[str]:
    ends = {each["id"]: each["until"] for each in half["waivers"]}
    for waiver, until in ends.items():
        if not _is_instant(until):
            yield f"the waiver {waiver} ends on no day"
    for each in half["verdicts"]:
        waiver = each.get("waiver")
        if each["status"] == Status.WAIVED and waiver is None:
            yield f"{each['rule']} of {each['subject']} is waived by nothing"
        elif waiver is not None and waiver not in ends:
            yield f"{waiver} waives {each['rule']}, and there is no such waiver"
        elif waiver is not None and _is_over(ends[waiver], day):
            yield f"{waiver} waives {each['rule']}, and had ended by {day}"


def _is_over(until: str, day: str) -> bool:
    try:
        return instant(until) < instant(day)
    except ValueError:  # which is said of itself
        return False
