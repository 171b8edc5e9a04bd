"""Waivers and how they stand; ``schemas/waiver-report/v1.schema.json`` describes the JSON."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.model.waiver import (
    Failing,
    WaivedFinding,
    Waiver,
    WaiverReport,
    WaiverStanding,
    WaiverState,
)
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import markdown_code, markdown_text, one_line, shortened
from eidos.engine.report.history import rows
from eidos.engine.report.json_ import waiver_json
from eidos.engine.report.jsontext import known, write_document
from eidos.engine.report.page import write_columns
from eidos.engine.report.wording import and_more, plural

_SHOWN = 10
"""Findings shown of one waiver, and of one day."""
_SAYS = 100
"""Characters shown of what a rule found."""
_WIDE = 48
_TITLES = (
    "ID",
    "STATE",
    "RULE",
    "SUBJECTS",
    "OWNER",
    "APPROVER",
    "UNTIL",
    "TICKET",
    "WAIVES",
    "WHY",
)


def told_subjects(waiver: Waiver) -> str:
    """Write whom a waiver is for: ``all``, ``prod/*``, ``nodes gpu-*, labels env=prod``."""
    asked = waiver.subjects
    parts = [
        *([", ".join(asked.names)] if asked.names != ("*",) else []),
        *(f"clusters {', '.join(asked.clusters)}" for _ in asked.clusters[:1]),
        *(f"nodes {', '.join(asked.nodes)}" for _ in asked.nodes[:1]),
        *(f"label {name}={value}" for name, value in asked.labels.items()),
    ]
    return "; ".join(parts) or "all"


def _rows(found: WaiverReport) -> Iterator[tuple[object, ...]]:
    for each in found.standings:
        waiver = each.waiver
        yield (
            *(waiver.id, each.state.value, each.about, told_subjects(waiver), waiver.owner),
            *(waiver.approver, waiver.ends, waiver.ticket, len(each.waives), each.why),
        )


table = rows.table(_TITLES, _rows)
csv = rows.csv(_TITLES, _rows)


def text(found: WaiverReport, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each waiver, and how many there are of each state."""
    columns = [
        (
            *(one_line(each.waiver.id), each.state.value, one_line(each.about)),
            shortened(one_line(told_subjects(each.waiver)), _WIDE),
            f"waives {len(each.waives):,}",
            *(f"until {each.waiver.ends}", one_line(each.waiver.owner)),
        )
        for each in found.standings
    ]
    if columns:
        write_columns(columns, out)
    out.write(f"{_counted(found)}\n")


def _counted(found: WaiverReport) -> str:
    counts = dict.fromkeys(WaiverState, 0)
    for each in found.standings:
        counts[each.state] += 1
    told = ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)
    many = plural(len(found.standings), "waiver")
    return f"{many} at {written(found.at)}{f': {told}' if told else ''}"


def json(found: WaiverReport, out: TextIO, _rendering: Rendering) -> None:
    """Write every waiver, whole, with its state; and what fails when waivers end."""
    write_document(
        out,
        "WaiverReport",
        at=written(found.at),
        until=written(found.until),
        runs=list(found.runs),
        waivers=list(map(_standing, found.standings)),
        forecast=list(map(_failing, found.forecast)),
    )


def _standing(each: WaiverStanding) -> Json:
    waives: list[Json] = list(map(_finding, each.waives))
    stands: dict[str, Json] = {"state": each.state.value, "why": each.why}
    return {**stands, **waiver_json(each.waiver), "rules": each.rules, "waives": waives}


def _failing(each: Failing) -> Json:
    about = known(at=written(each.at), waiver=each.waiver, owner=each.owner)
    return {**about, **_finding(each.finding)}


def _finding(found: WaivedFinding) -> dict[str, Json]:
    return known(
        subject=found.subject,
        rule=found.rule,
        severity=found.severity.value,
        says=found.says,
        run=found.run,
    )


# The report -------------------------------------------------------------------------------------


def report(found: WaiverReport, out: TextIO, _rendering: Rendering) -> None:
    """Write each waiver with what it waives, and day by day what will fail."""
    for each in found.standings:
        out.writelines(f"{line}\n" for line in _told(each))
    if found.standings:
        out.write("\n")
    out.writelines(f"{line}\n" for line in _forecast(found))
    out.write(f"{_counted(found)}\n")


def _told(each: WaiverStanding) -> Iterator[str]:
    waiver = each.waiver
    about = f"{one_line(each.about)} for {one_line(told_subjects(waiver))}"
    yield f"{each.state.value.upper()} {one_line(waiver.id)}: {about}; {one_line(each.why)}"
    yield f"  {one_line(waiver.holders())}: {one_line(waiver.reason)}"
    if waiver.tag is not None and each.waives:
        rules = plural(len({found.rule for found in each.waives}), "rule")
        yield f"  waives {plural(len(each.waives), 'violation')} of {rules}"
    for found in each.waives[:_SHOWN]:
        yield f"  waives {_line(found)}"
    if len(each.waives) > _SHOWN:
        yield f"  {and_more(len(each.waives) - _SHOWN)}"


def _line(found: WaivedFinding) -> str:
    says = shortened(one_line(found.says), _SAYS)
    return f"{one_line(found.subject)} {one_line(found.rule)} ({found.severity.value}): {says}"


def _forecast(found: WaiverReport) -> Iterator[str]:
    if not found.runs:
        yield "nothing is recorded, so that nothing can be forecast: 'eidos check' records"
        return
    if not found.forecast:
        yield f"nothing waived fails until {found.until:%Y-%m-%d}"
    for day, failing in found.days.items():
        yield f"from {day} on {plural(len(failing), 'violation')} will fail"
        for each in failing[:_SHOWN]:
            yield f"  {_line(each.finding)} ({_by(each)})"
        if len(failing) > _SHOWN:
            yield f"  {and_more(len(failing) - _SHOWN)}"


def _by(each: Failing) -> str:
    return f"{one_line(each.waiver)}, {one_line(each.owner)}"


_HEAD = ("Waiver", "State", "Rule", "Subjects", "Until", "Owner", "Waives", "Why")


def markdown(found: WaiverReport, out: TextIO, _rendering: Rendering) -> None:
    """Write the waivers as a table, and what will fail as a list."""
    out.write(f"## {markdown_text(_counted(found))}\n\n")
    if found.standings:
        _table(_HEAD, [_cells(each) for each in found.standings], out)
    for day, failing in found.days.items():
        out.write(f"\n### From {day} on {plural(len(failing), 'violation')} will fail\n\n")
        for each in failing:
            where = f"{markdown_code(each.finding.subject)} {markdown_code(each.finding.rule)}"
            by = f"{markdown_code(each.waiver)}, {markdown_text(each.owner)}"
            says = markdown_text(shortened(one_line(each.finding.says), _SAYS))
            out.write(f"- {where} ({each.finding.severity.value}): {says} ({by})\n")
    if not found.forecast:
        out.writelines(f"\n{markdown_text(line)}\n" for line in _forecast(found))


def _cells(each: WaiverStanding) -> Sequence[str]:
    waiver = each.waiver
    return (
        *(markdown_code(waiver.id), each.state.value, markdown_code(each.about)),
        *(markdown_text(told_subjects(waiver)), waiver.ends, markdown_text(waiver.owner)),
        *(f"{len(each.waives):,}", markdown_text(one_line(each.why))),
    )


def _table(head: Sequence[str], body: Sequence[Sequence[str]], out: TextIO) -> None:
    out.writelines(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *body))
