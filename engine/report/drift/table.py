"""Drift as a table: one row for each change, in columns as wide as their content."""

from collections.abc import Sequence
from typing import TextIO

from eidos.engine.model.drift import Drift
from eidos.engine.model.policy import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import cells, fact, flips, grouped
from eidos.engine.report.drift.saying import counted, decided, gap, node_moved
from eidos.engine.report.escaping import disarmed, one_line

_HEAD = ("LEVEL", "FACT", "BASELINE", "CURRENT", "NOTE", "WHERE")
_CELL = 40
"""Characters shown of a value; all of them with verbose."""
_ALL = 10_000
_WORST_FIRST = tuple(reversed(Severity))


def report(drift: Drift, out: TextIO, rendering: Rendering) -> None:
    """Write the table, the count and the decision."""
    if rendering.summary:
        write_rows([summary_head(), summary_row(drift)], out)
        return
    rows = _rows(drift, _ALL if rendering.verbose else _CELL)
    if rows:
        write_rows([_HEAD, *rows], out)
        out.write("\n")
    lines = [
        *map(node_moved, drift.nodes),
        *(f"not comparable: {gap(each)}" for each in drift.not_comparable),
        counted(drift),
        decided(drift),
    ]
    out.writelines(f"{disarmed(line)}\n" for line in lines)


def summary_head() -> tuple[str, ...]:
    """Name the columns of a summary."""
    levels = (level.value.upper() for level in _WORST_FIRST)
    return ("CURRENT", *levels, "IGNORED", "LACKING", "EXIT")


def summary_row(drift: Drift) -> tuple[str, ...]:
    """Count one comparison."""
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
        rows.append((change.level.value, fact(change), *cells(change, limit), told, group.where))
    return rows


def write_rows(rows: Sequence[Sequence[str]], out: TextIO) -> None:
    """Write rows in columns as wide as their content."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.write(disarmed("  ".join(cells).rstrip()) + "\n")
