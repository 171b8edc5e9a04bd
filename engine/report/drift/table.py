"""Drift as a table: one row for each change, in columns as wide as their content."""

from typing import TextIO

from eidos.engine.model.drift import Drift
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import fact, grouped, shown
from eidos.engine.report.drift.text import counted, decided
from eidos.engine.report.escaping import disarmed

_HEAD = ("LEVEL", "WHERE", "FACT", "BASELINE", "CURRENT", "NOTE")
_CELL = 40
"""Characters shown of a value."""


def report(drift: Drift, out: TextIO, _rendering: Rendering) -> None:
    """Write the table, the count and the decision."""
    rows = [_HEAD, *_rows(drift)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.write(disarmed("  ".join(cells).rstrip()) + "\n")
    out.write(f"\n{counted(drift)}\n{decided(drift)}\n")


def _rows(drift: Drift) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (node.level.value, "nodes", "", node.before or "", node.after or "", node.fate.value)
        for node in drift.nodes
    ]
    for group in grouped(drift.changes):
        change = group.change
        before = "" if change.kind == "added" else shown(change.before, _CELL)
        after = "" if change.kind == "removed" else shown(change.after, _CELL)
        note = change.note or change.kind.value
        rows.append((change.level.value, group.where, fact(change), before, after, note))
    for gap in drift.not_comparable:
        lacks = f"{gap.side} lacks it"
        name = f"{gap.type.lower()}.{gap.subtype}"
        rows.append(("-", gap.node or "cluster", name, "", "", f"not comparable: {lacks}"))
    return rows
