"""Report as TAP version 14: a test point for each verdict, and a last one for the gate."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.errors import ExitCode
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line, tap_text
from eidos.engine.report.jsontext import yaml_line
from eidos.engine.report.placing import place
from eidos.engine.report.wording import called, counted, decided, reflowed

_LOUD = frozenset({Status.FAIL, Status.WARN, Status.ERROR, Status.WAIVED})


def report(report: Report, out: TextIO, _rendering: Rendering) -> None:
    """Write the report point by point."""
    points = sum(report.counts.values()) + len(report.problems) + 1
    out.write(f"TAP version 14\n1..{points}\n")
    number = 0
    for number, lines in enumerate(_points(report), 1):
        ok, description, diagnostics = lines
        out.write(f"{ok} {number} - {description}\n")
        _write_yaml(diagnostics, out)
    passed = "ok" if report.exit_code is ExitCode.OK else "not ok"
    out.write(f"{passed} {number + 1} - {tap_text('gate: ' + decided(report))}\n")
    out.writelines(f"# relaxed: {one_line(str(each))}\n" for each in report.relaxations)
    out.write(f"# {one_line(counted(report))}\n")


_Point = tuple[str, str, dict[str, Json]]


def _points(report: Report) -> Iterator[_Point]:
    for problem in report.problems:
        yield "not ok", tap_text(str(problem)), {"hint": problem.hint} if problem.hint else {}
    for subject, verdict in report.verdicts():
        yield _point(report, subject, verdict)


def _point(report: Report, subject: Subject, verdict: Verdict) -> _Point:
    rule = report.rules_by_id[verdict.rule]
    name = tap_text(f"{subject.identity}: {called(rule)}")
    ok, directive = _outcome(report, verdict)
    diagnostics = _diagnostics(report, subject, verdict) if verdict.status in _LOUD else {}
    return ok, name + directive, diagnostics


def _outcome(report: Report, verdict: Verdict) -> tuple[str, str]:
    reason = tap_text(verdict.reason or "")
    if verdict.status is Status.ERROR or (report.is_violation(verdict)):
        return "not ok", ""
    directives = {
        Status.FAIL: " # TODO does not block",
        Status.UNKNOWN: f" # SKIP unknown: {reason}",
        Status.NOT_ASKABLE: f" # SKIP not askable: {reason}",
        Status.SKIP: f" # SKIP {reason or 'not applicable'}",
        Status.WAIVED: f" # TODO waived: {reason}",
    }
    ok = "not ok" if verdict.status in {Status.FAIL, Status.WAIVED} else "ok"
    return ok, directives.get(verdict.status, "")


def _diagnostics(report: Report, subject: Subject, verdict: Verdict) -> dict[str, Json]:
    rule = report.rules_by_id[verdict.rule]
    known: dict[str, Json] = {
        "status": verdict.status.value,
        "severity": rule.severity.value,
        "enforcement": verdict.enforcement.value,
        "reason": verdict.reason,
        "waiver": verdict.waiver,
        "findings": [_finding(subject, finding) for finding in verdict.findings],
        "remediation": reflowed(rule.remediation),
    }
    return {key: value for key, value in known.items() if value}


def _finding(subject: Subject, finding: Finding) -> Json:
    location = place(subject, finding.path)
    known: dict[str, Json] = {
        "message": finding.msg,
        "file": location.file,
        "line": location.line,
        "path": finding.path,
        "actual": finding.actual,
        "expected": finding.expected,
        "fix": finding.fix,
    }
    return {key: value for key, value in known.items() if value is not None}


def _write_yaml(diagnostics: dict[str, Json], out: TextIO) -> None:
    """Write a YAML block; each value is JSON on one line, which is YAML and cannot break out."""
    if not diagnostics:
        return
    out.write("  ---\n")
    out.writelines(f"  {key}: {yaml_line(value)}\n" for key, value in diagnostics.items())
    out.write("  ...\n")
