"""Drift as Markdown for comments on pull requests; what matters is open, the rest folded."""

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import TextIO

from eidos.engine.errors import ExitCode
from eidos.engine.model.drift import Comparison, Drift, Side
from eidos.engine.model.rule import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import Group, folded, grouped
from eidos.engine.report.drift.wording import (
    cells,
    counted,
    counted_only,
    decided,
    fact,
    flips,
    gaps,
    idle,
    node_moved,
    unexplained,
)
from eidos.engine.report.escaping import markdown_code as code
from eidos.engine.report.escaping import markdown_text as text
from eidos.engine.report.markdown import write_fitting
from eidos.engine.report.wording import and_more, plural

_MARKS = {ExitCode.OK: "✅", ExitCode.FAILED: "❌", ExitCode.INCOMPLETE: "❔"}
_VALUE = 120
"""Characters shown of a value."""
_SECTION = 15_000
"""Characters of one table: one level must not push out all others."""
_LISTED = 50
"""Lines of one list."""
_HEAD = "\n| fact | baseline | current | | where |\n| --- | --- | --- | --- | --- |\n"


def report(compared: Comparison, out: TextIO, rendering: Rendering) -> None:
    """Write the drift until the limit is near."""
    report_all([compared.drift], out, rendering)


def report_all(drifts: Sequence[Drift], out: TextIO, rendering: Rendering) -> None:
    """Write the drift of several snapshots as one comment."""
    parts = _summary if rendering.summary else _parts
    write_fitting(chain.from_iterable(parts(drift) for drift in drifts), out)


def _summary(drift: Drift) -> Iterator[str]:
    told = f"{text(counted(drift))}; {text(decided(drift))}"
    yield f"- {_MARKS[drift.exit_code]} {code(drift.current.name)}: {told}\n"


def _parts(drift: Drift) -> Iterator[str]:
    sides = f"baseline {_side(drift.baseline)}, current {_side(drift.current)}"
    yield f"## {_MARKS[drift.exit_code]} eidos diff: {text(decided(drift))}\n\n{sides}\n\n"
    yield f"**{text(counted(drift))}**\n"
    yield _list("Relaxed", [str(each) for each in drift.relaxations], is_open=True)
    yield _list("Unlike", drift.unlike, is_open=True)
    worst_first = sorted(drift.nodes, key=lambda node: -node.level.rank)
    yield _list("Nodes", [node_moved(node) for node in worst_first], is_open=True)
    for level, found in groupby(grouped(drift.changes), lambda group: group.change.level):
        yield _level(level, list(found), drift)
    yield _list("Verdicts", [*unexplained(drift)], is_open=True)
    yield _list("Not comparable", [*gaps(drift.not_comparable)], is_open=True)
    hidden = [
        f"{plural(len(each.changes), 'change')} by {each.rule.pattern}: {each.rule.reason}"
        for each in drift.ignored
    ]
    yield _list("Ignored", hidden, is_open=False)
    yield _list("Ignore rules of no use", [idle(each) for each in drift.idle_ignores], is_open=True)


def _side(side: Side) -> str:
    remarks = [text(remark) for remark in (side.cluster, side.timestamp) if remark]
    return f"{code(side.name)} ({', '.join(remarks)})" if remarks else code(side.name)


def _level(level: Severity, groups: Sequence[Group], drift: Drift) -> str:
    is_open = " open" if level.rank >= Severity.HIGH.rank else ""
    read, rests = folded(groups)
    table, more = _HEAD, ""
    for written, group in enumerate(read):
        row = _row(group)
        if len(table) + len(row) > _SECTION:
            more = f"\nand {plural(len(read) - written, 'change')} more\n"
            break
        table += row
    lines = [f"\n{text(counted_only(rest, is_judged=drift.is_judged))}\n" for rest in rests]
    table = (table if read else "") + more + "".join(lines)
    summary = f"<b>{level.value}</b>: {plural(len(groups), 'change')}"
    return f"\n<details{is_open}><summary>{summary}</summary>\n{table}\n</details>\n"


def _row(group: Group) -> str:
    change = group.change
    before, after = (code(cell) if cell else "" for cell in cells(change, _VALUE))
    remarks = [text(change.note or change.kind.value)]
    if change.flips:
        remarks.append(f"<b>{text(flips(change))}</b>")
    row = (code(fact(change)), before, after, "<br>".join(remarks), text(group.placed))
    return f"| {' | '.join(row)} |\n"


def _list(title: str, lines: Sequence[str], *, is_open: bool) -> str:
    if not lines:
        return ""
    told = [f"- {text(line)}" for line in lines[:_LISTED]]
    if len(lines) > _LISTED:
        told.append(f"- {and_more(len(lines) - _LISTED)}")
    summary = f"<summary>{title} ({len(lines):,})</summary>"
    body = "\n".join(told)
    return f"\n<details{' open' if is_open else ''}>{summary}\n\n{body}\n\n</details>\n"
