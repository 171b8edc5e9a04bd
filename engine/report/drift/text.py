"""Drift for people: worst first, the same change on many nodes once."""

from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

from eidos.engine.errors import Location
from eidos.engine.model.drift import Change, ChangeKind, Comparison, Drift, NodeFate
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import Group, grouped
from eidos.engine.report.drift.wording import (
    counted,
    decided,
    fact,
    flipped,
    flips,
    gap,
    idle,
    node_moved,
    side,
    sides,
    values,
)
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.page import styled

_VERBOSE = 10_000
"""Characters shown of a value when everything is asked for."""


def report(compared: Comparison, out: TextIO, rendering: Rendering) -> None:
    """Write what changed, level by level, and what could not be compared."""
    drift, page = compared.drift, _Page(rendering)
    lines = page.summary(drift) if rendering.summary else page.lines(drift)
    out.writelines(f"{disarmed(line)}\n" for line in lines)


class _Page:
    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._width = rendering.width
        self._verbose = rendering.verbose

    def summary(self, drift: Drift) -> Iterator[str]:
        name = self._styled(one_line(drift.current.name), "bold")
        yield f"{name}: {counted(drift)}; {decided(drift)}"

    def lines(self, drift: Drift) -> Iterator[str]:
        yield f"{self._styled('baseline', 'dim')}  {side(drift.baseline)}"
        yield f"{self._styled('current', 'dim')}   {side(drift.current)}"
        for node in drift.nodes:
            if node.fate is NodeFate.COUNTERPART:
                yield self._styled(node_moved(node), "dim")
        yield ""
        for level, found in groupby(grouped(drift.changes), lambda group: group.change.level):
            yield self._styled(level.value.upper(), level.value)
            for group in found:
                yield from self._change(group)
            yield ""
        yield from self._section("NODES", map(node_moved, drift.moved))
        unexplained = (flip for flip in drift.flips if not flip.is_explained)
        yield from self._section("VERDICTS", map(flipped, unexplained))
        yield from self._section("NOT COMPARABLE", map(gap, drift.not_comparable))
        if self._verbose:
            yield from self._hidden(drift)
        for each in drift.idle_ignores:
            yield f"note: {idle(each)}"
        for relaxation in drift.relaxations:
            yield f"{self._styled('relaxed:', 'warn')} {one_line(str(relaxation))}"
        yield counted(drift)
        yield self._styled(decided(drift), "bold")

    def _section(self, title: str, lines: Iterator[str]) -> Iterator[str]:
        found = [f"  {line}" for line in lines]
        if found:
            yield from (self._styled(title, "heading"), *found, "")

    def _change(self, group: Group) -> Iterator[str]:
        change = group.change
        name = self._styled(fact(change), "bold")
        told = values(change, _VERBOSE)
        if len(fact(change)) + len(told) + len("    ") <= self._width:
            yield f"  {name}  {told}"
        else:
            yield f"  {name}{f'  ({change.note})' if change.note else ''}"
            yield from self._sides(change)
        if change.flips:
            yield f"      {self._styled(f'verdict {flips(change)}', 'heading')}"
        elif change.read_by:
            rules = ", ".join(one_line(rule) for rule in change.read_by)
            yield self._styled(f"      read by {rules}", "dim")
        yield self._styled(f"      {self._where(group)}", "dim")

    def _sides(self, change: Change) -> Iterator[str]:
        limit = _VERBOSE if self._verbose else max(self._width - len("      - "), 40)
        before, after = sides(change, limit)
        if change.kind is not ChangeKind.ADDED:
            yield f"      {self._styled(f'- {before}', 'before')}"
        if change.kind is not ChangeKind.REMOVED:
            yield f"      {self._styled(f'+ {after}', 'after')}"

    def _where(self, group: Group) -> str:
        if len(group.nodes) > 1:
            return group.where
        places = dict.fromkeys(_place(place) for place in group.change.places() if place)
        return f"{group.where}; {' -> '.join(places)}" if places else group.where

    def _hidden(self, drift: Drift) -> Iterator[str]:
        for each in drift.ignored:
            yield self._styled(f"ignored by {one_line(each.rule.pattern)}", "dim") + (
                f": {one_line(each.rule.reason)}" if each.rule.reason else ""
            )
            for group in grouped(each.changes):
                yield f"  {fact(group.change)}  {values(group.change)}  ({group.where})"
        if drift.ignored:
            yield ""

    def _styled(self, text: str, style: str) -> str:
        return styled(self._rendering, style, text)


def _place(place: Location) -> str:
    return one_line(f"{place.file}:{place.line}" if place.line else place.file)
