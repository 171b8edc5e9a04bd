"""Drift as GitHub workflow commands: annotations on the lines that changed."""

from typing import TextIO

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.drift import Comparison, Drift
from eidos.engine.model.rule import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import Group, grouped
from eidos.engine.report.drift.wording import (
    counted,
    decided,
    fact,
    flips,
    headline,
    node_moved,
)
from eidos.engine.report.github import SHOWN, annotation


def report(compared: Comparison, out: TextIO, rendering: Rendering) -> None:
    """Write an annotation for each change, and the decision."""
    drift = compared.drift
    levels: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    if not rendering.summary:
        for node in sorted(drift.moved, key=lambda node: -node.level.rank):
            level = _level(drift, node.level)
            title = f"{node.level.value} drift: node {node.fate.value}"
            levels[level].append(annotation(level, node_moved(node), title=title))
        for group in grouped(drift.changes):
            level = _level(drift, group.change.level)
            levels[level].append(_command(level, group))
    rest = 0
    for commands in levels.values():
        out.writelines(commands[:SHOWN])
        rest += len(commands[SHOWN:])
    more = f"; {rest} more than GitHub shows" if rest else ""
    said = f"{decided(drift)}: {counted(drift)}"
    relaxed = "".join(f"\nrelaxed: {each}" for each in drift.relaxations)
    text = f"{drift.current.name}: {said}{more}{relaxed}"
    level = "error" if drift.exit_code is ExitCode.INCOMPLETE else "notice"
    out.write(annotation(level, text, title="eidos diff"))


def _level(drift: Drift, level: Severity) -> str:
    if not drift.gate.reaches(level):
        return "notice"
    return "error" if level.rank >= Severity.HIGH.rank else "warning"


def _command(level: str, group: Group) -> str:
    change = group.change
    before, after = change.places()
    place = after or before
    line = Location(place.file, place.line or 1) if place else None
    flipped = f"\nverdict {flips(change)}" if change.flips else ""
    text = f"{group.where}: {headline(change, 400)}{flipped}"
    return annotation(level, text, line, f"{change.level.value} drift: {fact(change)}")
