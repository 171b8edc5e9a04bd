"""Report as GitHub workflow commands: annotations on the lines of the snapshot, and a notice.

GitHub shows ten annotations of a level for a step and drops the others without a word. So like
subjects share an annotation, the most urgent come first, and the rest is printed in a folded group.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.report import Problem, Report
from eidos.engine.model.verdict import Finding, Status
from eidos.engine.ports import Rendering
from eidos.engine.report.alike import Same, by_rule, group
from eidos.engine.report.escaping import one_line, printable, shortened
from eidos.engine.report.placing import place
from eidos.engine.report.saying import sentence
from eidos.engine.report.summary import counted, decided, plural

_SHOWN = 10
"""Annotations of a level that GitHub keeps of one step."""
_TEXT = 4000
"""Characters of a message; GitHub cuts at 64 KiB."""
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
    for level, room in (("error", _SHOWN - 1), ("warning", _SHOWN)):
        of_level = [each for each in annotations if each.level == level]
        out.writelines(_command(each) for each in of_level[:room])
        rest.extend(of_level[room:])
    _write_rest(rest, out)
    level = "notice" if report.exit_code is ExitCode.OK else "error"
    last = f"{decided(report)}\n{counted(report)}"
    out.write(_command(_Annotation(level, "eidos", last, None)))


def _annotations(report: Report) -> Iterator[_Annotation]:
    for problem in report.problems:
        yield _problem(problem)
    for same in by_rule(report, group(report)):
        level = _level(report, same)
        for finding, subjects in same.said.values():
            yield _annotation(report, same, finding, level, [each.identity for each in subjects])


def _problem(problem: Problem) -> _Annotation:
    text = "\n".join(filter(None, [problem.message, problem.hint]))
    return _Annotation("error", "could not be judged", text, problem.location)


def _level(report: Report, same: Same) -> str:
    """Give the level; an error is what keeps the gate from passing."""
    status = same.verdict.status
    if status is Status.ERROR:
        return "error"
    if status is Status.UNKNOWN and report.allow_incomplete:
        return "notice"
    if status in {Status.FAIL, Status.UNKNOWN}:
        return "error" if report.blocks(same.verdict) else "warning"
    return "warning" if status is Status.WARN else "notice"


def _annotation(
    report: Report, same: Same, finding: Finding, level: str, names: Sequence[str]
) -> _Annotation:
    rule = report.rules_by_id[same.verdict.rule]
    first = finding_subject = same.said[repr(finding)][1][0]
    of = ", ".join(names[:_NAMES])
    more = f" and {plural(len(names) - _NAMES, 'other')}" if len(names) > _NAMES else ""
    lines = [f"{sentence(finding)}", f"{of}{more}", finding.fix or rule.remediation]
    title = f"{same.verdict.status.value} {rule.severity.value} {rule.id}: {rule.title}"
    return _Annotation(
        level, title, "\n".join(filter(None, lines)), place(finding_subject or first, finding.path)
    )


def _write_rest(rest: Sequence[_Annotation], out: TextIO) -> None:
    """Write what has no room as plain lines, none of which can be a command."""
    if not rest:
        return
    out.write(f"::group::{plural(len(rest), 'more annotation')}\n")
    for each in rest:
        place = f"{each.location}: " if each.location else ""
        text = one_line(f"{place}{each.title}: {each.message}")
        out.write(f"- {each.level} {shortened(text, _TEXT)}\n")
    out.write("::endgroup::\n")


def _command(annotation: _Annotation) -> str:
    properties = {"title": annotation.title}
    if annotation.location:
        properties = {**_position(annotation.location), **properties}
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{annotation.level} {written}::{_data(annotation.message)}\n"


def _position(location: Location) -> dict[str, str]:
    position = {"file": location.file.removeprefix("./")}
    if location.line:
        position["line"] = str(location.line)
        if location.column:
            position["col"] = str(location.column)
    return position


def _data(text: str) -> str:
    """Escape a message: https://github.com/actions/toolkit, ``packages/core/src/command.ts``."""
    return shortened(printable(text), _TEXT).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    escaped = shortened(one_line(text), _TEXT).replace("%", "%25")
    return escaped.replace(":", "%3A").replace(",", "%2C")
