"""Drift as GitHub workflow commands: annotations on the lines that changed."""

from typing import TextIO

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.drift import Comparison, Drift
from eidos.engine.model.rule import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import Group, grouped
from eidos.engine.report.drift.wording import counted, decided, fact, flips, values
from eidos.engine.report.github import SHOWN, annotation


def report(compared: Comparison, out: TextIO, rendering: Rendering) -> None:
    """Write an annotation for each change, and the decision."""
    drift = compared.drift
    levels: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    shown = () if rendering.summary else grouped(drift.changes)
    for group in shown:
        levels[_level(drift, group)].append(_command(_level(drift, group), group))
    rest = 0
    for commands in levels.values():
        out.writelines(commands[:SHOWN])
        rest += len(commands[SHOWN:])
    more = f"; {rest} more than GitHub shows" if rest else ""
    said = f"{decided(drift)}: {counted(drift)}"
    relaxed = "".join(f"\nrelaxed: {each}" for each in drift.relaxations)
    text = f"{drift.current.name}: {said}{more}{relaxed}"
    out.write(annotation(_last(drift), text, title="eidos diff"))


def _last(drift: Drift) -> str:
    return "error" if drift.exit_code is ExitCode.INCOMPLETE else "notice"


def _level(drift: Drift, group: Group) -> str:
    level = group.change.level
    if not drift.gate.reaches(level):
        return "notice"
    return "error" if level.rank >= Severity.HIGH.rank else "warning"


def _command(level: str, group: Group) -> str:
    change = group.change
    before, after = change.places()
    place = after or before
    line = Location(place.file, place.line or 1) if place else None
    flipped = f"\nverdict {flips(change)}" if change.flips else ""
    text = f"{group.where}: {values(change, 400)}{flipped}"
    return annotation(level, text, line, f"{change.level.value} drift: {fact(change)}")
