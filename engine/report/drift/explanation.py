"""Why one rule says something else, and what would be enough to bring back what it said."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.drift import Change, Explained, Explanation, FlipCause
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import grouped
from eidos.engine.report.drift.wording import decided, headline, side
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.page import styled
from eidos.engine.report.wording import and_more, called, plural

_SETS = 5
"""Ways told of many; all of them with verbose."""
_REASONS = {
    FlipCause.IGNORED: "what an ignore rule hides",
    FlipCause.NODES: "nodes came or went",
    FlipCause.WAIVER: "a waiver holds on one side only",
    FlipCause.LOST: "one side does not know the facts",
    FlipCause.UNFINISHED: "some of these; the search stopped at its bound",
}


def report(explained: Explanation, out: TextIO, rendering: Rendering) -> None:
    """Write what the rule says of each subject, the ones that differ first."""
    rule = explained.rule
    lines = [
        f"baseline  {side(explained.drift.baseline)}",
        f"current   {side(explained.drift.current)}",
        "",
        styled(rendering, "bold", f"{one_line(called(rule))} ({rule.severity.value})"),
    ]
    differ = [each for each in explained.subjects if each.flip]
    for each in differ:
        lines += _flipped(each, rendering)
    lines += _alike([each for each in explained.subjects if not each.flip])
    lines += ["", decided(explained.drift)]
    out.writelines(f"{disarmed(line)}\n" for line in lines)


def _flipped(each: Explained, rendering: Rendering) -> Iterator[str]:
    assert each.flip is not None  # noqa: S101 -- only what flipped comes here
    told = f"{_subject(each)}: {each.before.status} -> {each.after.status}"
    yield styled(rendering, "heading", f"  {told}")
    for verdict in (each.after, each.before):
        if said := _said(verdict):
            yield f"    {verdict.status}: {said}"
    reason = _REASONS.get(each.flip.cause)
    if reason:
        yield f"    because {reason}"
    most = len(each.flip.sets) if rendering.verbose else _SETS
    yield from _sets("flipped by", each.flip.sets, most)
    yield from _undo(each, most)
    for finding in each.after.findings if each.after.status is not Status.PASS else ():
        if finding.fix:
            yield f"    or: {one_line(finding.fix)}"


def _undo(each: Explained, most: int) -> Iterator[str]:
    """Say what would be enough to bring back the verdict before."""
    assert each.flip is not None  # noqa: S101 -- only what flipped comes here
    if not each.undo or each.flip.cause is FlipCause.UNFINISHED:
        return
    # One set that did it alone is nearly always what undoes it alone; then it is not told twice.
    if len(each.undo) == 1 and _names(each.undo) == _names(each.flip.sets):
        yield f"    undoing that is enough to bring back {each.before.status}"
    else:
        yield f"    to bring back {each.before.status}, it is enough to undo"
        yield from _sets("", each.undo, most)


def _names(sets: Sequence[Sequence[Change]]) -> list[list[str]]:
    return [[change.fact for change in changes] for changes in sets]


def _sets(title: str, sets: Sequence[Sequence[Change]], most: int) -> Iterator[str]:
    for number, changes in enumerate(sets[:most]):
        start = title if not number else "or"
        together = f" {plural(len(changes), 'change')} together" if len(changes) > 1 else ""
        if start or together:
            yield f"    {start}{together}".rstrip()
        for group in grouped(changes):
            yield f"      {headline(group.change)}"
            yield f"        {group.placed}"
    if len(sets) > most:
        yield f"    {and_more(len(sets) - most, 'ways')}"


def _subject(each: Explained) -> str:
    return one_line(each.node) if each.node else "cluster"


def _said(verdict: Verdict) -> str | None:
    """Give the shortest account of a verdict."""
    if verdict.findings and verdict.status is not Status.PASS:
        rest = len(verdict.findings) - 1
        return one_line(verdict.findings[0].msg) + (f" ({and_more(rest)})" if rest else "")
    return one_line(verdict.reason) if verdict.reason else None


def _alike(subjects: Sequence[Explained]) -> Iterator[str]:
    found: dict[Status, list[str]] = {}
    for each in subjects:
        found.setdefault(each.after.status, []).append(_subject(each))
    for status, names in found.items():
        told = names[0] if len(names) == 1 else plural(len(names), "node")
        yield f"  {told}: {status} on both sides"
