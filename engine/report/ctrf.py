"""Report in the Common Test Report Format: a test for each verdict, and one for the gate."""

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from eidos.engine.errors import ExitCode, Problem
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line, printable
from eidos.engine.report.jsontext import dumps, write_items
from eidos.engine.report.placing import epoch, fingerprint, place
from eidos.engine.report.wording import account, called, decided, told

_STATUSES = {
    Status.PASS: "passed",
    Status.FAIL: "failed",
    Status.WARN: "other",
    Status.ERROR: "other",
    Status.UNKNOWN: "pending",
    Status.NOT_ASKABLE: "pending",
    Status.SKIP: "skipped",
    Status.WAIVED: "skipped",
}
"""CTRF has five: https://ctrf.io/docs/specification/status."""
_VERSION = "0.0.0"
"""CTRF specification; its schema is numbered 0.0."""


def report(report: Report, out: TextIO, _rendering: Rendering) -> None:
    """Write the report test by test."""
    head: dict[str, Json] = {
        "reportFormat": "CTRF",
        "specVersion": _VERSION,
        "generatedBy": one_line(report.generator),
    }
    if epoch(report.started):
        head["timestamp"] = report.started
    out.write("{\n")
    out.writelines(f"  {dumps(key)}: {dumps(value)},\n" for key, value in head.items())
    out.write('  "results": {\n')
    out.write(f'    "tool": {dumps(_tool(report))},\n    "summary": {dumps(_summary(report))},\n')
    out.write('    "tests": ')
    write_items(out, _tests(report), "    ")
    out.write("\n  }\n}\n")


def _tool(report: Report) -> Json:
    packs: list[Json] = [
        {"name": pack.name, "version": pack.version, "digest": pack.digest} for pack in report.packs
    ]
    _, _, version = report.generator.partition(" ")
    extra: dict[str, Json] = {"engine": one_line(report.engine), "packs": packs}
    return {"name": "eidos", "version": one_line(version), "extra": extra}


def _summary(report: Report) -> Json:
    counts = Counter(_status(report, verdict) for _, verdict in report.verdicts())
    counts["other"] += len(report.problems)
    counts["passed" if report.exit_code is ExitCode.OK else "failed"] += 1
    moment = int(epoch(report.started) * 1000)
    extra: dict[str, Json] = {
        "decision": report.decision.value,
        "exitCode": int(report.exit_code),
    }
    if report.relaxations:
        extra["relaxations"] = [one_line(str(each)) for each in report.relaxations]
    return {
        "tests": counts.total(),
        **{name: counts[name] for name in ("passed", "failed", "skipped", "pending", "other")},
        "start": moment,
        "stop": moment,
        "extra": extra,
    }


def _status(report: Report, verdict: Verdict) -> str:
    """Map a status; what fails but does not block is not a failed test."""
    if verdict.status is Status.FAIL and not report.counts_at_gate(verdict):
        return "other"
    return _STATUSES[verdict.status]


def _tests(report: Report) -> Iterator[Json]:
    status = "passed" if report.exit_code is ExitCode.OK else "failed"
    yield {"name": "gate", "status": status, "duration": 0, "message": printable(decided(report))}
    for problem in report.problems:
        yield _problem(problem)
    for subject, verdict in report.verdicts():
        yield _test(report, subject, verdict)


def _problem(problem: Problem) -> Json:
    return {
        "name": one_line(str(problem)) or "problem",
        "status": "other",
        "duration": 0,
        "message": printable(told(problem)),
        "rawStatus": "problem",
    }


def _test(report: Report, subject: Subject, verdict: Verdict) -> Json:
    rule = report.rules_by_id[verdict.rule]
    path = verdict.findings[0].path if verdict.findings else None
    where = place(subject, path)
    test: dict[str, Json] = {
        "testId": fingerprint(subject, rule.id, ""),
        "name": one_line(called(rule)),
        "status": _status(report, verdict),
        "duration": 0,
        "suite": [one_line(subject.identity)],
        "rawStatus": verdict.status.value,
        "tags": [one_line(tag) for tag in rule.tags],
        "labels": {
            "severity": rule.severity.value,
            "enforcement": verdict.enforcement.value,
            "scope": subject.scope.value,
        },
        "filePath": one_line(where.file),
    }
    if where.line:
        test["line"] = where.line
    if verdict.status is not Status.PASS:
        test["message"] = printable(account(report, subject, verdict))
    if verdict.waiver:
        test["extra"] = {
            "waiver": one_line(verdict.waiver),
            "reason": one_line(verdict.reason or ""),
        }
    return test
