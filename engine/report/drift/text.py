"""Drift for people: worst first, the same change on many nodes once."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.drift import Change, ChangeKind, Comparison, Drift, NodeChange, NodeFate
from eidos.engine.model.rule import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import Group, folded, grouped
from eidos.engine.report.drift.wording import (
    counted,
    counted_only,
    decided,
    fact,
    flips,
    gap,
    gaps,
    headline,
    idle,
    node_moved,
    side,
    sides,
    unexplained,
)
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.page import styled
from eidos.engine.report.wording import named

_READERS = 3
"""Rules named that read a fact."""
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
        yield from (self._styled(f"unlike    {one_line(each)}", "heading") for each in drift.unlike)
        yield ""
        groups = grouped(drift.changes)
        for level in reversed(Severity):
            yield from self._level(
                level,
                [node for node in drift.moved if node.level is level],
                [group for group in groups if group.change.level is level],
                drift,
            )
        yield from self._section("VERDICTS", unexplained(drift, *self._most()))
        told = map(gap, drift.not_comparable) if self._verbose else gaps(drift.not_comparable)
        yield from self._section("NOT COMPARABLE", told)
        if self._verbose:
            yield from self._hidden(drift)
        for each in drift.idle_ignores:
            yield f"note: {idle(each)}"
        for relaxation in drift.relaxations:
            yield f"{self._styled('relaxed:', 'warn')} {one_line(str(relaxation))}"
        yield counted(drift)
        yield self._styled(decided(drift), "bold")

    def _most(self) -> tuple[int, ...]:
        return (_VERBOSE,) if self._verbose else ()

    def _level(
        self, level: Severity, nodes: Sequence[NodeChange], groups: Sequence[Group], drift: Drift
    ) -> Iterator[str]:
        if not nodes and not groups:
            return
        yield self._styled(level.value.upper(), level.value)
        for node in nodes:
            yield f"  {self._styled(node_moved(node), 'bold')}"
        read, rests = (groups, []) if self._verbose else folded(groups)
        for group in read:
            yield from self._change(group)
        for rest in rests:
            yield self._styled(f"  {counted_only(rest, is_judged=drift.is_judged)}", "dim")
        yield ""

    def _section(self, title: str, lines: Iterator[str]) -> Iterator[str]:
        found = [f"  {line}" for line in lines]
        if found:
            yield from (self._styled(title, "heading"), *found, "")

    def _change(self, group: Group) -> Iterator[str]:
        change = group.change
        told = headline(change, _VERBOSE)
        if len(told) + len("  ") <= self._width:
            name, gap_, rest = told.partition("  ")
            yield f"  {self._styled(name, 'bold')}{gap_}{rest}"
        else:
            note = f"  ({change.note})" if change.note else ""
            yield f"  {self._styled(fact(change), 'bold')}{note}"
            yield from self._sides(change)
        if change.flips:
            yield f"      {self._styled(f'verdict {flips(change)}', 'heading')}"
        elif change.read_by:
            rules = [one_line(rule) for rule in change.read_by]
            told = named(rules[:_READERS], len(rules))
            yield self._styled(f"      read by {told}, no verdict flips", "dim")
        yield self._styled(f"      {group.placed}", "dim")

    def _sides(self, change: Change) -> Iterator[str]:
        limit = _VERBOSE if self._verbose else max(self._width - len("      - "), 40)
        before, after = sides(change, limit)
        if change.kind is not ChangeKind.ADDED:
            yield f"      {self._styled(f'- {before}', 'before')}"
        if change.kind is not ChangeKind.REMOVED:
            yield f"      {self._styled(f'+ {after}', 'after')}"

    def _hidden(self, drift: Drift) -> Iterator[str]:
        for each in drift.ignored:
            yield self._styled(f"ignored by {one_line(each.rule.pattern)}", "dim") + (
                f": {one_line(each.rule.reason)}" if each.rule.reason else ""
            )
            for group in grouped(each.changes):
                yield f"  {headline(group.change)}  ({group.where})"
        if drift.ignored:
            yield ""

    def _styled(self, text: str, style: str) -> str:
        return styled(self._rendering, style, text)
