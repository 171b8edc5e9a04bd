"""Drift as a table: one row for each change, in columns as wide as their content."""

from collections.abc import Iterable
from typing import TextIO

from eidos.engine.model.drift import Comparison, Drift
from eidos.engine.model.rule import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import grouped
from eidos.engine.report.drift.wording import (
    cells,
    counted,
    decided,
    fact,
    flips,
    gaps,
    node_moved,
    unexplained,
)
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.page import write_columns

_HEAD = ("LEVEL", "FACT", "BASELINE", "CURRENT", "NOTE", "WHERE")
_CELL = 40
"""Characters shown of a value; all of them with verbose."""
_ALL = 10_000
_WORST_FIRST = tuple(reversed(Severity))


def report(compared: Comparison, out: TextIO, rendering: Rendering) -> None:
    """Write the table, the count and the decision."""
    drift = compared.drift
    if rendering.summary:
        write_summary([drift], out)
        return
    rows = _rows(drift, _ALL if rendering.verbose else _CELL)
    if rows:
        write_columns([_HEAD, *rows], out)
        out.write("\n")
    lines = [
        *map(node_moved, sorted(drift.nodes, key=lambda node: -node.level.rank)),
        *(f"unlike: {one_line(each)}" for each in drift.unlike),
        *unexplained(drift),
        *(f"not comparable: {each}" for each in gaps(drift.not_comparable)),
        *(f"relaxed: {one_line(str(each))}" for each in drift.relaxations),
        counted(drift),
        decided(drift),
    ]
    out.writelines(f"{disarmed(line)}\n" for line in lines)


def write_summary(drifts: Iterable[Drift], out: TextIO) -> None:
    """Write a row of counts for each comparison."""
    levels = (level.value.upper() for level in _WORST_FIRST)
    head = ("CURRENT", *levels, "IGNORED", "LACKING", "EXIT")
    write_columns([head, *map(_counts, drifts)], out)


def _counts(drift: Drift) -> tuple[str, ...]:
    levels = (f"{drift.counts[level]:,}" for level in _WORST_FIRST)
    lacking = f"{len(drift.not_comparable):,}"
    code = str(int(drift.exit_code))
    return (one_line(drift.current.name), *levels, f"{drift.hidden:,}", lacking, code)


def _rows(drift: Drift, limit: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for group in grouped(drift.changes):
        change = group.change
        note = change.note or change.kind.value
        told = f"{note}; {flips(change)}" if change.flips else note
        rows.append((change.level.value, fact(change), *cells(change, limit), told, group.placed))
    return rows
