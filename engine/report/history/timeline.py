"""Timelines of statuses; ``schemas/timeline/v1.schema.json`` describes the JSON."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TextIO

from eidos.engine.model.history import Dark, Interval, Line, Timeline, Window
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.history import rows
from eidos.engine.report.jsontext import known, write_document
from eidos.engine.report.page import styled
from eidos.engine.report.wording import dark_lines, plural

_MARKS = {
    Status.PASS: "=",
    Status.FAIL: "#",
    Status.WARN: "~",
    Status.SKIP: "-",
    Status.UNKNOWN: "?",
    Status.NOT_ASKABLE: "?",
    Status.WAIVED: "w",
    Status.ERROR: "!",
    None: " ",
}
"""How a bar draws a status; a cell shows the worst of what it covers."""
_BAD = (
    Status.FAIL,
    Status.ERROR,
    Status.UNKNOWN,
    Status.NOT_ASKABLE,
    Status.WAIVED,
    Status.WARN,
    Status.PASS,
    Status.SKIP,
    None,
)
"""From what must not be overlooked to what may."""
_LEAST = 20
"""Columns of a bar."""


def text(found: Timeline, out: TextIO, rendering: Rendering) -> None:
    """Write a bar for each rule and subject that did not simply pass, those of a cluster together.

    Verbose shows all.
    """
    window = found.window
    out.write(f"{written(window.since)} to {written(window.until)}\n")
    shown = [line for line in found.lines if rendering.verbose or not _is_quiet(line)]
    rules = rows.screen_names((line.rule for line in shown), rendering)
    names = [f"{rules[line.rule]} {_who(line)}" for line in shown]
    label = max(map(len, names), default=0)
    width = max(_LEAST, rendering.width - label - 4)
    pairs = zip(shown, names, strict=True)
    for cluster, group in groupby(pairs, key=lambda pair: pair[0].cluster):
        out.write(disarmed(f"{one_line(cluster)}\n"))
        for line, name in group:
            bar = "".join(_bar(line, window, width, rendering))
            out.write(disarmed(f"  {name.ljust(label)} [{bar}]\n"))
    if len(shown) < len(found.lines):
        out.write(f"{_quiet(found.lines)} (--verbose shows them)\n")
    legend = {mark: status for status, mark in _MARKS.items() if status is not None}
    legend["?"] = Status.UNKNOWN
    out.write("  ".join(f"{mark} {status}" for mark, status in legend.items()))
    out.write("  (blank: not seen)\n")
    out.writelines(f"{line}\n" for line in dark_lines(found.dark))


def _is_quiet(line: Line) -> bool:
    """Say whether a rule passed, or was not about its subject, all the time, and was seen to."""
    return {each.status for each in line.intervals} in ({Status.PASS}, {Status.SKIP})


def _quiet(lines: Sequence[Line]) -> str:
    """Count the rules at subjects that need no look."""
    statuses = [line.intervals[0].status for line in lines if _is_quiet(line)]
    passed, skipped = statuses.count(Status.PASS), statuses.count(Status.SKIP)
    told = [f"{plural(passed, 'rule')} at subjects passed throughout"] if passed else []
    if skipped:
        told.append(f"{plural(skipped, 'rule')} at subjects never applied")
    return ", ".join(told)


def dark_json(dark: Sequence[Dark]) -> Json:
    """Give the clusters that nobody looks at any more; ``$defs/dark`` of the schemas."""
    return [
        {"cluster": each.cluster, "lastSeen": written(each.seen), "isGone": each.is_gone}
        for each in dark
    ]


def _who(line: Line) -> str:
    return one_line(line.who.node or line.who.scope.value)


def _bar(line: Line, window: Window, width: int, rendering: Rendering) -> Iterator[str]:
    cells: list[Status | None] = [None] * width
    size = window.seconds / width
    for each in line.intervals:
        first = int((each.since - window.since).total_seconds() / size)
        last = int(((each.until - window.since).total_seconds() - 1e-6) / size)
        for cell in range(max(first, 0), min(max(last, first), width - 1) + 1):
            cells[cell] = min(cells[cell], each.status, key=_BAD.index)
    for status, group in groupby(cells):
        bar = _MARKS[status] * len(list(group))
        yield styled(rendering, status.value, bar) if status else bar


_TITLES = ("CLUSTER", "SUBJECT", "RULE", "STATUS", "SINCE", "UNTIL", "LASTED", "RUN", "REASON")


def _rows(found: Timeline) -> Iterator[tuple[object, ...]]:
    for line in found.lines:
        for each in line.intervals:
            yield (
                line.cluster,
                line.who.name,
                line.rule,
                _status(each),
                each.since,
                each.until,
                rows.span(each.seconds),
                each.run,
                each.reason,
            )


table = rows.table(_TITLES, _rows)
csv = rows.csv(_TITLES, _rows)


def _status(each: Interval) -> str:
    return each.status.value if each.status else "not-seen"


def window_json(window: Window) -> Json:
    """Give what was asked about; ``$defs/window`` of the schemas."""
    return {
        "since": written(window.since),
        "until": written(window.until),
        "clusters": list(window.clusters),
        "nodes": list(window.nodes),
        "rules": list(window.rules),
    }


def json(found: Timeline, out: TextIO, _rendering: Rendering) -> None:
    """Write every interval."""
    write_document(
        out,
        "Timeline",
        window=window_json(found.window),
        lines=list(map(_line, found.lines)),
        dark=dark_json(found.dark),
    )


def _line(line: Line) -> Json:
    return {
        "cluster": line.cluster,
        "scope": line.who.scope.value,
        "name": line.who.name,
        "rule": line.rule,
        "intervals": [
            known(
                status=_status(each),
                since=written(each.since),
                until=written(each.until),
                seconds=each.seconds,
                run=each.run,
                reason=each.reason,
                lastStatus=each.last.value if each.last else None,
            )
            for each in line.intervals
        ],
    }
