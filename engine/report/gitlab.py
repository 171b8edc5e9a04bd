"""Report for GitLab's merge requests: Code Quality JSON.

The format knows findings only. What is unknown, or could not be read or evaluated, is a finding
too, so that a missing answer does not look like a clean one; and so is what relaxes the gate.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from eidos.engine.errors import Location, Problem
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Rule, Severity
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line
from eidos.engine.report.jsontext import write_items
from eidos.engine.report.placing import content_name, named_findings, place
from eidos.engine.report.wording import sentence, waived

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}
"""GitLab's five: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""


def report(report: Report, out: TextIO, _rendering: Rendering) -> None:
    """Write the report finding by finding."""
    write_items(out, _told_apart(_entries(report)), "")
    out.write("\n")


def _told_apart(entries: Iterator[dict[str, Json]]) -> Iterator[Json]:
    """Make fingerprints unique, of which GitLab shows only the first: one node may come twice."""
    seen: Counter[str] = Counter()
    for entry in entries:
        fingerprint = str(entry["fingerprint"])
        if repeat := seen[fingerprint]:
            entry["fingerprint"] = content_name(fingerprint, str(repeat))
        seen[fingerprint] += 1
        yield entry


def _entries(report: Report) -> Iterator[dict[str, Json]]:
    for problem in report.problems:
        yield _problem(problem)
    for relaxation in report.relaxations:
        yield _relaxation(relaxation)
    for subject, verdict in report.verdicts():
        if _is_shown(report, verdict):
            yield from _findings(report, subject, verdict)


def _is_shown(report: Report, verdict: Verdict) -> bool:
    if verdict.status is Status.UNKNOWN:
        return report.counts_at_gate(verdict)
    if verdict.status is Status.NOT_ASKABLE:
        return report.closes(verdict)
    return verdict.status in {Status.FAIL, Status.WARN, Status.ERROR, Status.WAIVED}


def _findings(report: Report, subject: Subject, verdict: Verdict) -> Iterator[dict[str, Json]]:
    rule = report.rules_by_id[verdict.rule]
    for finding, fingerprint in named_findings(subject, verdict, rule.title):
        text = _described(subject, rule, verdict, finding)
        if verdict.waiver:
            text = f"{text}; {waived(report, verdict)}"
        severity = _severity(rule, verdict)
        yield _entry(rule.id, text, fingerprint, severity, place(subject, finding.path))


def _described(subject: Subject, rule: Rule, verdict: Verdict, finding: Finding) -> str:
    kind = "" if verdict.status is Status.FAIL else f"{verdict.status.value}: "
    return f"{subject.identity}: {kind}{sentence(finding)} [{rule.title}]"


def _severity(rule: Rule, verdict: Verdict) -> str:
    if verdict.status is Status.FAIL:
        return _SEVERITIES[rule.severity]
    return {Status.ERROR: "critical", Status.WARN: "minor"}.get(verdict.status, "info")


def _problem(problem: Problem) -> dict[str, Json]:
    where = problem.location or Location("eidos")
    fingerprint = content_name("problem", where.file, problem.message)
    return _entry(
        "eidos", f"could not be judged: {problem.message}", fingerprint, "critical", where
    )


def _relaxation(relaxation: Relaxation) -> dict[str, Json]:
    where, said = relaxation.origin, f"{relaxation.setting}: {relaxation.value}"
    fingerprint = content_name("relaxation", where.file, said)
    return _entry("eidos", f"the gate is relaxed by {relaxation}", fingerprint, "info", where)


def _entry(
    check: str, text: str, fingerprint: str, severity: str, where: Location
) -> dict[str, Json]:
    return {
        "description": one_line(text),
        "check_name": one_line(check),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": one_line(where.file.removeprefix("./")),
            "lines": {"begin": where.line or 1},
        },
    }
