"""Why a recipe is what it is: criteria and their evidence, overlays, constraints, values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from eidos.engine.documents.writing import to_json
from eidos.engine.model.facts import join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import (
    Candidate,
    Criterion,
    Leaf,
    Outcome,
    Recipe,
    Resolution,
    Value,
    found,
)
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line

_SHOWN = 12
"""Overlays that did not apply, of which the nearest are shown."""


def explanation(resolution: Resolution, out: TextIO, rendering: Rendering) -> None:
    """Write what was known of the cluster, which overlays that chose, and what follows."""
    lines = [
        *_criteria(resolution.query),
        *(f"  unknown  {rule}: {reason}" for rule, reason in resolution.unknown.items()),
        *_overlays(resolution),
    ]
    recipe = resolution.recipe
    if recipe is not None:
        lines += [*_profiles(recipe), *_constraints(resolution), *_components(recipe)]
        if rendering.verbose:
            lines += [
                "",
                "Values",
                *(line for value in recipe.history for line in _value(value, resolution)),
            ]
    out.writelines(disarmed(line) + "\n" for line in lines)


def values(resolution: Resolution, path: str) -> Iterator[str]:
    """Say of each value at or below a path which file and line set it, and what it overrode.

    Args:
        resolution: what became of the query.
        path: as in the recipe, ``components.gpu-operator.values.driver``; the words before it may
            be left out.
    """
    recipe = resolution.recipe
    for value in recipe.history if recipe else ():
        written = join_path(value.path)
        if any(
            each == path or each.startswith((f"{path}.", f"{path}[")) for each in _tails(written)
        ):
            yield from (disarmed(line) for line in _value(value, resolution))


def _tails(written: str) -> list[str]:
    """Give a path as people shorten it: without ``components.``, and without ``.values.``."""
    short = written.removeprefix("components.")
    return [written, short, short.replace(".values.", ".", 1)]


def _criteria(criteria: Sequence[Criterion]) -> Iterator[str]:
    yield "Criteria"
    if not criteria:
        yield "  none: nothing was given, and no snapshot"
    for each in criteria:
        because = f": {one_line(each.because)}" if each.because else ""
        yield f"  {each.dimension} = {each.value}  (by {each.origin}{because})"
        if each.overruled:
            yield f"    overrules what facts say: {', '.join(each.overruled)}"


def _overlays(resolution: Resolution) -> Iterator[str]:
    yield ""
    yield "Overlays"
    if resolution.refusal is not None:
        yield f"  refused: {resolution.refusal.message}"
        yield f"    {resolution.refusal.hint}"
        yield from _candidates(resolution.refusal.candidates)
    recipe = resolution.recipe
    for each in recipe.choice.applied if recipe else ():
        said = ", ".join(f"{n} {'|'.join(v)}" for n, v in sorted(each.overlay.criteria.items()))
        answers = "  answers" if each.answers else ""
        yield f"  + {each.overlay.name}  [{said or 'any cluster'}]{answers}"
    for gone in recipe.choice.excluded if recipe else ():
        yield f"  - {gone.overlay}  excluded by {gone.by}: {gone.because}"


def _candidates(candidates: Sequence[Candidate]) -> Iterator[str]:
    for each in candidates[:_SHOWN]:
        reasons = [f"is for {n} {'|'.join(v)}" for n, v in each.conflicts.items()]
        reasons += [f"needs {n} {'|'.join(v)}" for n, v in each.give.items()]
        yield f"  · {each.overlay}  {'; '.join(reasons)}"
    if len(candidates) > _SHOWN:
        yield f"  and {len(candidates) - _SHOWN} more"


def _profiles(recipe: Recipe) -> Iterator[str]:
    if recipe.profiles:
        yield ""
        yield "Profiles"
    for each in recipe.profiles:
        because = each.choice.reason.because
        yield f"  {each.profile.dimension} = {each.choice.name}  (by {each.origin}): {because}"
        if each.choice.given:
            word = f"vouched for: {each.vouched}" if each.vouched else "nobody vouches for it"
            yield f"    {each.choice.given}; {word}"


_MARKS = {
    Status.PASS: "ok",
    Status.FAIL: "VIOLATED",
    Status.WARN: "warning",
    Status.UNKNOWN: "unknown",
    Status.ERROR: "error",
}


def _constraints(resolution: Resolution) -> Iterator[str]:
    recipe = resolution.recipe
    if recipe is None or not recipe.constraints:
        return
    yield ""
    yield "Constraints"
    outcomes: dict[int, Outcome] = {id(each.constraint): each for each in resolution.outcomes}
    for each in recipe.constraints:
        outcome = outcomes.get(id(each))
        mark = _MARKS[outcome.status] if outcome else "not asked"
        where = "" if each.of.value == "cluster" else f" of {each.of.value}"
        because = f"({each.origin.name}: {each.reason.because})"
        yield f"  {mark}  {each.named} {each.wanted}{where}  {because}"
        if outcome is not None and outcome.said:
            yield f"    {outcome.said}"
    for relaxed in recipe.relaxed:
        constraint = relaxed.constraint
        yield f"  relaxed by {relaxed.owner}: {constraint.named} {constraint.wanted}"


def _components(recipe: Recipe) -> Iterator[str]:
    yield ""
    yield "Components"
    for each in recipe.components:
        version = f" {each.version}" if each.version else ""
        after = ", ".join(needed.component for needed in each.dependencies)
        yield f"  {each.wave}  {each.name}{version}" + (f"  after {after}" if after else "")


def _value(value: Value, resolution: Resolution) -> Iterator[str]:
    yield f"{join_path(value.path)} = {_shown(value.leaf.value)}"
    yield from _said("  by ", value.leaf, resolution.roots)
    for each in value.overrode:
        yield f"  overrode {_shown(each.value)}"
        yield from _said("    by ", each, resolution.roots)


def _said(lead: str, leaf: Leaf, roots: Mapping[str, str]) -> Iterable[str]:
    place = found(leaf.origin.place, roots)
    because = f": {leaf.reason.because}" if leaf.reason.because else ""
    yield f"{lead}{leaf.origin.kind} {leaf.origin.name}, {place.file}:{place.line}{because}"
    if leaf.reason.source:
        yield f"{' ' * len(lead)}source {leaf.reason.source}"
    if leaf.reason.tradeoff:
        yield f"{' ' * len(lead)}trade-off: {leaf.reason.tradeoff}"


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else one_line(to_json(value).strip())
