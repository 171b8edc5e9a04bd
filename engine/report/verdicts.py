"""A report as rows: one for each finding, for a verdict without any, and for a problem."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from eidos.engine.errors import Location, Problem
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.history import rows
from eidos.engine.report.page import write_columns
from eidos.engine.report.placing import spot, urgency
from eidos.engine.report.wording import counted, decided

_TITLES = (
    *("CLUSTER", "SCOPE", "SUBJECT", "RULE", "SEVERITY", "STATUS", "ENFORCEMENT", "CLOSES"),
    *("WAIVER", "SEEN", "MESSAGE", "LOCATION"),
)
"""Columns of CSV; ``CLOSES`` says whether the verdict alone closes the gate."""
_COLUMNS = (
    *("STATUS", "SEVERITY", "RULE", "IDENTITY", "ENFORCEMENT", "WAIVER", "LOCATION", "MESSAGE"),
)
"""Columns of a table; the last one takes the room that is left."""
_USUAL = {"ENFORCEMENT": "deny", "WAIVER": None}
"""Columns that a table leaves out where each row has this, or nothing."""
_QUIET = frozenset({Status.PASS, Status.SKIP})
_CELL = 40
"""Characters shown of a cell, and of a message however narrow the terminal is."""
Row = Mapping[str, object]


def _rows(found: Report, said: Iterable[tuple[Subject, Verdict]]) -> Iterator[Row]:
    yield from map(_problem, found.problems)
    for subject, verdict in said:
        for finding in verdict.findings or (None,):
            yield _row(found, subject, verdict, finding)
    for each in found.relaxations:
        yield _other("relaxed", f"{each.setting}: {each.value}", each.origin)


def _problem(problem: Problem) -> Row:
    return {**_other("problem", problem.message, problem.location), "CLOSES": "yes"}


def _other(status: str, message: str, location: Location | None) -> Row:
    """Give the row of something that is about no rule."""
    said = {"STATUS": status, "MESSAGE": message, "LOCATION": location}
    return {**dict.fromkeys((*_TITLES, *_COLUMNS)), **said}


def _row(found: Report, subject: Subject, verdict: Verdict, finding: Finding | None) -> Row:
    return {
        "CLUSTER": subject.cluster,
        "SCOPE": subject.scope.value,
        "SUBJECT": subject.name,
        "IDENTITY": subject.identity,
        "RULE": verdict.rule,
        "SEVERITY": found.rules_by_id[verdict.rule].severity.value,
        "STATUS": verdict.status.value,
        "ENFORCEMENT": verdict.enforcement.value,
        "CLOSES": "yes" if found.closes(verdict) else "no",
        "WAIVER": _held(found, verdict),
        "SEEN": subject.timestamp,
        "MESSAGE": _message(verdict, finding),
        "LOCATION": spot(subject, finding.path if finding else None),
    }


def _held(found: Report, verdict: Verdict) -> str | None:
    given = found.waivers_by_id.get(verdict.waiver or "")
    return f"{verdict.waiver} ({given.holders()})" if given else verdict.waiver


def _message(verdict: Verdict, finding: Finding | None) -> str | None:
    """Say what was found, and before that why it is not known whether it is all."""
    if finding is None:
        return verdict.reason
    if verdict.status is Status.UNKNOWN and verdict.reason:
        return f"{verdict.reason}; {finding.msg}"
    return finding.msg


def _cells(found: Report) -> Iterator[Sequence[object]]:
    return ([row[title] for title in _TITLES] for row in _rows(found, found.verdicts()))


csv = rows.csv(_TITLES, _cells)


def table(found: Report, out: TextIO, rendering: Rendering) -> None:
    """Write the rows, the most urgent first, then the count and the decision.

    What passed and what did not apply is only counted, unless verbose. Messages are cut where the
    terminal ends, unless verbose.
    """
    told = (pair for pair in found.verdicts() if rendering.verbose or pair[1].status not in _QUIET)
    body = [*_rows(found, sorted(told, key=lambda pair: urgency(found, pair[1])))]
    if body:
        write_columns(_fitted(body, rendering), out)
        out.write("\n")
    out.write(f"{disarmed(counted(found))}\n{disarmed(decided(found))}\n")


def _fitted(body: Sequence[Row], rendering: Rendering) -> list[list[str]]:
    """Give titles and cells of the columns that say something, not wider than the terminal."""
    columns = [title for title in _COLUMNS if _says_something(title, body)]
    cells = [[_text(row[title]) for title in columns] for row in body]
    whole_ones = [title == "WAIVER" for title in columns]
    shown = [
        columns,
        *(
            [
                cell if stays else _cut(cell)
                for cell, stays in zip(row[:-1], whole_ones, strict=False)
            ]
            for row in cells
        ),
    ]
    taken = sum(max(len(row[at]) for row in shown) + 2 for at in range(len(columns) - 1))
    room = max(_CELL, rendering.width - taken)
    for row, whole in zip(shown[1:], cells, strict=True):
        row.append(whole[-1] if rendering.verbose else shortened(whole[-1], room))
    return shown


def _cut(cell: str) -> str:
    """Cut a cell, a name at its end; of a place the end stays, which has the line."""
    return f"…{cell[1 - _CELL :]}" if "/" in cell and len(cell) > _CELL else shortened(cell, _CELL)


def _says_something(title: str, body: Sequence[Row]) -> bool:
    return title not in _USUAL or any(row[title] not in (None, _USUAL[title]) for row in body)


def _text(cell: object) -> str:
    return one_line(str(cell)) if cell else "-"
