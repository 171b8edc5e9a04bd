"""Drift for people: worst first, the same change on many nodes once."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.drift import Change, Drift, NodeChange, NotComparable, Side
from eidos.engine.model.policy import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import Group, fact, flips, grouped, shown, values
from eidos.engine.report.escaping import disarmed, one_line

_STYLES = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}


def report(drift: Drift, out: TextIO, rendering: Rendering) -> None:
    """Write the drift."""
    out.writelines(f"{disarmed(line)}\n" for line in _lines(drift, rendering))


def _lines(drift: Drift, rendering: Rendering) -> Iterator[str]:
    yield f"baseline {_side(drift.baseline)}"
    yield f"current  {_side(drift.current)}"
    yield ""
    for node in drift.nodes:
        yield f"{_level(node.level, rendering)} {_node(node)}"
    for group in grouped(drift.changes):
        yield from _change(group, rendering)
    for gap in drift.not_comparable:
        yield _gap(gap)
    if drift.nodes or drift.changes or drift.not_comparable:
        yield ""
    if rendering.verbose:
        yield from _hidden(drift)
    yield from _unused(drift)
    yield counted(drift)
    yield decided(drift)


def _side(side: Side) -> str:
    remarks = [remark for remark in (side.cluster, side.timestamp) if remark]
    return one_line(f"{side.name} ({', '.join(remarks)})" if remarks else side.name)


def _level(level: Severity, rendering: Rendering) -> str:
    text = level.value.upper().ljust(8)
    return f"\x1b[{_STYLES[level]}m{text}\x1b[0m" if rendering.color else text


def _node(node: NodeChange) -> str:
    if node.before and node.after:
        how = f", recognised by {one_line(node.matched_by or 'name')}"
        return f"node {one_line(node.before)} replaced by {one_line(node.after)}{how}"
    return f"node {one_line(node.after or node.before or '')} {node.fate}"


def _change(group: Group, rendering: Rendering) -> Iterator[str]:
    change = group.change
    limit = 1000 if rendering.verbose else 80
    told = f"{group.where}  {fact(change)}: {values(change, limit)}"
    yield f"{_level(change.level, rendering)} {told}"
    if remarks := list(_remarks(change)):
        yield f"         {'; '.join(remarks)}"


def _remarks(change: Change) -> Iterator[str]:
    places = [_place(place) for place in (change.before_at, change.after_at) if place]
    if places:
        yield " -> ".join(places)
    if change.flips:
        yield f"verdict {flips(change)}"
    elif change.read_by:
        yield f"read by {', '.join(one_line(rule) for rule in change.read_by)}"


def _place(place: Location) -> str:
    return one_line(f"{place.file}:{place.line}" if place.line else place.file)


def _gap(gap: NotComparable) -> str:
    where = one_line(gap.node) if gap.node else "cluster"
    name = one_line(f"{gap.type}.{gap.subtype}")
    return f"NOT COMPARABLE {where}  {name}: {gap.side} lacks it ({one_line(gap.reason)})"


def _hidden(drift: Drift) -> Iterator[str]:
    for pattern, changes in drift.ignored.items():
        yield f"ignored by {one_line(pattern)}:"
        for change in changes:
            where = one_line(change.node) if change.node else "cluster"
            yield f"  {where}  {fact(change)}: {shown(change.before)} -> {shown(change.after)}"
    if drift.ignored:
        yield ""


def _unused(drift: Drift) -> Iterator[str]:
    for rule in drift.unused_ignores:
        yield f"note: the ignore rule {one_line(rule.pattern)} ({rule.origin}) hides nothing"


def counted(drift: Drift) -> str:
    """Count the changes by level, and what was hidden."""
    total = len(drift.changes) + len(drift.nodes)
    levels = [f"{count} {level}" for level, count in reversed([*drift.counts.items()]) if count]
    text = f"{total} {'change' if total == 1 else 'changes'}"
    if levels:
        text += f": {', '.join(levels)}"
    hidden = sum(map(len, drift.ignored.values()))
    return f"{text}; {hidden} ignored" if hidden else text


def decided(drift: Drift) -> str:
    """Say the exit code in words."""
    code = drift.exit_code
    if code is ExitCode.INCOMPLETE:
        count = len(drift.not_comparable)
        return f"incomplete (exit code 3): {count} subtypes or keys are known on one side only"
    if code is ExitCode.FAILED:
        return "drift (exit code 1)"
    same = not drift.changes and not drift.nodes
    return "identical (exit code 0)" if same else f"no drift at or above {drift.fail_on} (exit 0)"
