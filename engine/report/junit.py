"""Report as JUnit XML, as Jenkins, GitLab and others read it: a suite for each subject.

A verdict is a test case. The first suite is the run itself; its case ``gate`` does not pass unless
the exit code is 0, so that a reader of the file alone cannot see a false green.
"""

from collections.abc import Mapping, Sequence
from typing import TextIO

from eidos.engine.errors import ExitCode
from eidos.engine.model.gate import Decision
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import xml_attribute, xml_text
from eidos.engine.report.placing import place
from eidos.engine.report.wording import account, called, decided, gist, seen, told

_SKIPPED = frozenset({Status.SKIP, Status.UNKNOWN, Status.NOT_ASKABLE, Status.WAIVED})


def report(report: Report, out: TextIO, _rendering: Rendering) -> None:
    """Write the report suite by suite."""
    red = report.exit_code is not ExitCode.OK
    failures = sum(report.is_violation(verdict) for _, verdict in report.verdicts())
    failures += report.decision is Decision.FAILED
    errors = report.counts[Status.ERROR] + len(report.problems)
    errors += red and report.decision is not Decision.FAILED
    tests = sum(report.counts.values()) + len(report.problems) + 1
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    totals = {"name": "eidos", "tests": tests, "failures": failures, "errors": errors}
    out.write(f"<testsuites{_attributes(totals)}>\n")
    _write_run(report, out)
    for subject in report.subjects:
        _write_subject(report, subject, out)
    out.write("</testsuites>\n")


def _write_run(report: Report, out: TextIO) -> None:
    decision = report.decision
    attributes = {
        "name": "eidos",
        "tests": len(report.problems) + 1,
        "failures": int(decision is Decision.FAILED),
        "errors": len(report.problems) + (decision in {Decision.ERROR, Decision.INCOMPLETE}),
        "skipped": 0,
        "timestamp": report.started,
    }
    out.write(f"  <testsuite{_attributes(attributes)}>\n    <properties>\n")
    out.writelines(
        f"      <property{_attributes({'name': name, 'value': value})}/>\n"
        for name, value in _run_properties(report)
    )
    out.write("    </properties>\n")
    outcome = {Decision.PASSED: "", Decision.FAILED: "failure"}.get(decision, "error")
    gate = {"classname": "eidos", "name": "gate", "time": 0}
    _write_case(out, gate, outcome, (decision.value, decided(report)))
    for problem in report.problems:
        name = str(problem.location) if problem.location else problem.message
        case = {"classname": "eidos.problem", "name": name, "time": 0}
        _write_case(out, case, "error", (problem.message, told(problem)))
    out.write("  </testsuite>\n")


def _run_properties(report: Report) -> list[tuple[str, str]]:
    return [
        ("run", report.run),
        ("effectiveTime", report.effective_time),
        ("generator", report.generator),
        ("engine", report.engine),
        ("decision", report.decision.value),
        ("exitCode", str(int(report.exit_code))),
        *((("facts", facts),) if (facts := seen(report)) else ()),
        *((f"pack.{pack.name}", f"{pack.version} {pack.digest}") for pack in report.packs),
        *(("relaxation", str(relaxation)) for relaxation in report.relaxations),
    ]


def _write_subject(report: Report, subject: Subject, out: TextIO) -> None:
    statuses = [verdict.status for verdict in subject.verdicts]
    attributes = {
        "name": subject.identity,
        "tests": len(statuses),
        "failures": sum(report.is_violation(verdict) for verdict in subject.verdicts),
        "errors": statuses.count(Status.ERROR),
        "skipped": sum(status in _SKIPPED for status in statuses),
        "timestamp": subject.timestamp or report.started,
        "file": subject.file,
    }
    out.write(f"  <testsuite{_attributes(attributes)}>\n")
    for verdict in subject.verdicts:
        _write_verdict(report, subject, verdict, out)
    out.write("  </testsuite>\n")


def _write_verdict(report: Report, subject: Subject, verdict: Verdict, out: TextIO) -> None:
    rule = report.rules_by_id[verdict.rule]
    said = (gist(report, verdict), account(report, subject, verdict))
    outcome = _outcome(report, verdict)
    where = place(subject, verdict.findings[0].path if verdict.findings else None)
    case = {
        "classname": subject.identity,
        "name": called(rule),
        "group": rule.severity.value,
        "file": where.file,
        "time": 0,
    }
    _write_case(out, case, outcome, said)


def _outcome(report: Report, verdict: Verdict) -> str:
    """Name the element; what was found but does not block is output of a test that passed."""
    if verdict.status is Status.ERROR:
        return "error"
    if verdict.status in _SKIPPED:
        return "skipped"
    if verdict.status is Status.PASS:
        return ""
    return "failure" if report.is_violation(verdict) else "system-out"


def _write_case(out: TextIO, case: Mapping[str, object], outcome: str, said: Sequence[str]) -> None:
    """Write a test case.

    Args:
        out: where to.
        case: its attributes: whose it is, what was tested, how bad a failure is (``group``), and
            the file, which pytest writes and GitLab reads though no schema has it.
        outcome: element that tells how it ended; empty for a pass.
        said: the message in short, and in full.
    """
    head = f"    <testcase{_attributes(case)}"
    if not outcome:
        out.write(f"{head}/>\n")
        return
    short, full = said
    kind = "" if outcome == "system-out" else _attributes({"message": short})
    out.write(f"{head}>\n      <{outcome}{kind}>{xml_text(full)}</{outcome}>\n")
    out.write("    </testcase>\n")


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(f" {name}={xml_attribute(value)}" for name, value in values.items())
