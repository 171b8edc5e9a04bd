"""Report as GitHub workflow commands: annotations on the lines of the snapshot, and a notice.

GitHub shows ten annotations of a level for a step and drops the others without a word. So like
subjects share an annotation, the most urgent come first, and the rest is printed in a folded group.
"""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.errors import ExitCode, Location, Problem
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status
from eidos.engine.ports import Rendering
from eidos.engine.records import dataclass
from eidos.engine.report.alike import Same, by_rule, group
from eidos.engine.report.escaping import workflow_line, workflow_property, workflow_text
from eidos.engine.report.placing import place
from eidos.engine.report.wording import (
    called,
    counted,
    decided,
    not_askable,
    plural,
    sentence,
    told,
    told_unaskable,
    waived,
)

SHOWN = 10
"""Annotations of a level that GitHub keeps of one step."""
_NAMES = 3
"""Subjects named of those that share an annotation."""


@dataclass(frozen=True, slots=True)
class _Annotation:
    level: str
    """``error``, ``warning`` or ``notice``."""
    title: str
    message: str
    location: Location | None


def report(report: Report, out: TextIO, _rendering: Rendering) -> None:
    """Write the annotations, what did not fit, and the decision."""
    annotations = list(_annotations(report))
    rest: list[_Annotation] = []
    for level, room in (("error", SHOWN - 1), ("warning", SHOWN), ("notice", SHOWN - 1)):
        of_level = [each for each in annotations if each.level == level]
        out.writelines(map(_command, of_level[:room]))
        rest.extend(of_level[room:])
    _write_rest(rest, out)
    level = "notice" if report.exit_code is ExitCode.OK else "error"
    relaxed = (f"relaxed: {each}" for each in report.relaxations)
    last = "\n".join([decided(report), counted(report), *relaxed])
    out.write(annotation(level, last, title="eidos"))


def _command(each: _Annotation) -> str:
    return annotation(each.level, each.message, each.location, each.title)


def _annotations(report: Report) -> Iterator[_Annotation]:
    for problem in report.problems:
        yield _problem(problem)
    everything = by_rule(report, group(report))
    unknown = [same for same in everything if same.verdict.status is Status.UNKNOWN]
    for same in everything:
        if same.verdict.status is not Status.UNKNOWN:
            for finding, subjects in same.said.values():
                yield _annotation(report, same, finding, subjects)
    yield from _unknown(report, unknown)
    for each in not_askable(report):
        level = "error" if report.gate.require_askable else "notice"
        yield _Annotation(level, "not askable", told_unaskable(each), None)


def _problem(problem: Problem) -> _Annotation:
    return _Annotation("error", "could not be judged", told(problem), problem.location)


def _annotation(
    report: Report, same: Same, finding: Finding, subjects: Sequence[Subject]
) -> _Annotation:
    verdict, rule = same.verdict, report.rules_by_id[same.verdict.rule]
    alarm = verdict.status in {Status.FAIL, Status.WARN}
    advice = (finding.fix or rule.remediation) if alarm else ""
    title = f"{verdict.status.value} {rule.severity.value} {called(rule, ': ')}"
    by = waived(report, verdict) if verdict.waiver else ""
    message = "\n".join(filter(None, [sentence(finding), by, _named(subjects), advice]))
    level = "error" if report.closes(verdict) else "warning" if alarm else "notice"
    return _Annotation(level, title, message, place(subjects[0], finding.path))


def _unknown(report: Report, unknown: Sequence[Same]) -> Iterator[_Annotation]:
    """Give one annotation for each missing fact, however many rules miss it."""
    reasons: dict[tuple[str, str], list[tuple[str, list[Subject]]]] = {}
    for same in unknown:
        level = "error" if report.closes(same.verdict) else "notice"
        for finding, subjects in same.said.values():
            reasons.setdefault((level, finding.msg), []).append((same.verdict.rule, subjects))
    for (level, reason), pairs in reasons.items():
        rules = ", ".join(rule for rule, _ in pairs)
        subjects = max((subjects for _, subjects in pairs), key=len)
        message = "\n".join([reason, rules, _named(subjects)])
        title = f"unknown: {plural(len(pairs), 'rule')}"
        yield _Annotation(level, title, message, place(subjects[0], None))


def _named(subjects: Sequence[Subject]) -> str:
    names = ", ".join(subject.identity for subject in subjects[:_NAMES])
    rest = len(subjects) - _NAMES
    return f"{names} and {plural(rest, 'other')}" if rest > 0 else names


def _write_rest(rest: Sequence[_Annotation], out: TextIO) -> None:
    """Write what has no room as plain lines, none of which can be a command."""
    if not rest:
        return
    out.write(f"::group::{plural(len(rest), 'more annotation')}\n")
    for each in rest:
        place = f"{each.location}: " if each.location else ""
        text = workflow_line(f"{place}{each.title}: {each.message}")
        out.write(f"- {each.level} {text}\n")
    out.write("::endgroup::\n")


# Workflow commands ------------------------------------------------------------------------------


def annotation(
    level: str, message: str, location: Location | None = None, title: str | None = None
) -> str:
    """Write a workflow command that GitHub shows as an annotation, with its line end.

    Args:
        level: ``error``, ``warning`` or ``notice``.
        message: may have several lines.
        location: where in the repository it is shown.
        title: what stands above the message.
    """
    properties = _position(location) if location else {}
    if title:
        properties["title"] = title
    written = ",".join(f"{key}={workflow_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::{workflow_text(message)}\n"


def _position(location: Location) -> dict[str, str]:
    position = {"file": location.file.removeprefix("./")}
    if location.line:
        position["line"] = str(location.line)
        if location.column:
            position["col"] = str(location.column)
    return position
