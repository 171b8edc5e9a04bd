"""Report as SARIF 2.1.0, as GitHub code scanning and others read it.

Results are what fails, warns or is waived. What is unknown, does not apply or passes is a result
only when verbose, because viewers show every result as an alarm. What is unknown or could not be
evaluated is told as a notification of the invocation, which also has the exit code.
"""

from collections.abc import Iterator
from typing import TextIO
from urllib.parse import quote

from eidos.engine.errors import Location, Problem
from eidos.engine.model.gate import Decision
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Rule, Severity
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.alike import Same, by_rule, group
from eidos.engine.report.escaping import one_line, printable, sarif_text
from eidos.engine.report.jsontext import dumps, write_items
from eidos.engine.report.markdown import prose
from eidos.engine.report.placing import epoch, named_findings, place
from eidos.engine.report.wording import (
    decided,
    not_askable,
    plural,
    reflowed,
    sentence,
    told,
    told_unaskable,
)

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.0",
}
"""The middle of each of GitHub's bands for ``security-severity``: over 9, 7, 4, 0."""
_KINDS = {
    Status.FAIL: "fail",
    Status.WARN: "fail",
    Status.WAIVED: "fail",
    Status.UNKNOWN: "open",
    Status.NOT_ASKABLE: "open",
    Status.SKIP: "notApplicable",
    Status.PASS: "pass",
}
_FINGERPRINT = "eidos/v1"


def report(report: Report, out: TextIO, rendering: Rendering) -> None:
    """Write the report result by result."""
    out.write(f'{{\n  "$schema": {dumps(SCHEMA)},\n  "version": "2.1.0",\n  "runs": [\n    {{\n')
    out.write('      "tool": {"driver": ')
    out.write(f"{dumps(_driver(report))[:-1]}, ")
    out.write('"rules": ')
    write_items(out, (_rule(rule) for rule in report.rules), "      ")
    out.write("}},\n")
    out.write(f'      "invocations": [{dumps(_invocation(report))}],\n')
    out.write('      "columnKind": "unicodeCodePoints",\n      "results": ')
    write_items(out, _results(report, verbose=rendering.verbose), "      ")
    out.write("\n    }\n  ]\n}\n")


# Rules ------------------------------------------------------------------------------------------


def _driver(report: Report) -> Json:
    _, _, version = report.generator.partition(" ")
    packs: list[Json] = [
        {"name": pack.name, "version": pack.version, "digest": pack.digest} for pack in report.packs
    ]
    return {
        "name": "eidos",
        "version": one_line(version),
        "properties": {"engine": one_line(report.engine), "packs": packs},
    }


def _rule(rule: Rule) -> Json:
    described: dict[str, Json] = {
        "id": one_line(rule.id),
        "name": one_line(rule.package),
        "shortDescription": {"text": one_line(rule.title)},
        "fullDescription": {"text": printable(rule.description or rule.title)},
        "help": _help(rule.remediation or rule.description or rule.title),
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": _rule_properties(rule),
    }
    pages = [page for page in rule.references if page.startswith(("https://", "http://"))]
    if pages:
        described["helpUri"] = quote(pages[0], safe="/:?#[]@!$&'()*+,;=%~", errors="replace")
    return described


def _help(written: str) -> Json:
    """Give what to do, for viewers that show Markdown and for those that do not."""
    return {"text": printable(reflowed(written)), "markdown": prose(written, "\n\n")}


def _rule_properties(rule: Rule) -> Json:
    controls = [f"{control.framework}/{control.id}" for control in rule.controls]
    return {
        "security-severity": SCORES[rule.severity],
        "severity": rule.severity.value,
        "scope": rule.scope.value,
        "digest": one_line(rule.digest),
        "tags": [one_line(tag) for tag in dict.fromkeys((*rule.tags, *controls))],
        "references": [one_line(page) for page in rule.references],
    }


# The run ----------------------------------------------------------------------------------------


def _invocation(report: Report) -> Json:
    invocation: dict[str, Json] = {
        "executionSuccessful": report.decision is not Decision.ERROR,
        "exitCode": int(report.exit_code),
        "exitCodeDescription": decided(report),
        "toolExecutionNotifications": list(_notifications(report)),
        "toolConfigurationNotifications": list(_remarks(report)),
        "properties": {
            "run": one_line(report.run),
            "effectiveTime": one_line(report.effective_time),
        },
    }
    if epoch(report.started):
        invocation["startTimeUtc"] = report.started
    return invocation


def _remarks(report: Report) -> Iterator[Json]:
    for note in report.waiver_notes:
        yield _notification("warning", f"waiver {note.waiver} ({note.rule}) {note.message}")
    for relaxation in report.relaxations:
        yield _notification("warning", f"relaxed: {relaxation}")
    for replacement in report.replacements:
        yield _notification("warning", replacement)


def _notifications(report: Report) -> Iterator[Json]:
    for problem in report.problems:
        yield _problem(problem)
    for same in by_rule(report, group(report)):
        if same.verdict.status in {Status.ERROR, Status.UNKNOWN}:
            yield from _unanswered(report, same)
    for unaskable in not_askable(report):
        yield _notification("note", told_unaskable(unaskable))


def _problem(problem: Problem) -> Json:
    where = [{"physicalLocation": physical(problem.location)}] if problem.location else []
    return {**_notification("error", told(problem)), "locations": list[Json](where)}


def _unanswered(report: Report, same: Same) -> Iterator[Json]:
    rule = same.verdict.rule
    index = _rule_index(report)[rule]
    failed = same.verdict.status is Status.ERROR
    level, what = ("error", "could not be evaluated") if failed else ("warning", "is unknown")
    for finding, subjects in same.said.values():
        of = plural(len(subjects), subjects[0].scope.value)
        text = f"{rule} {what} for {of}: {finding.msg}"
        associated: Json = {"id": one_line(rule), "index": index}
        yield {**_notification(level, text), "associatedRule": associated}


def _notification(level: str, text: str) -> dict[str, Json]:
    return {"level": level, "message": {"text": sarif_text(text)}}


def _rule_index(report: Report) -> dict[str, int]:
    return {rule.id: index for index, rule in enumerate(report.rules)}


# Results ----------------------------------------------------------------------------------------


def _results(report: Report, *, verbose: bool) -> Iterator[Json]:
    shown = {Status.FAIL, Status.WARN, Status.WAIVED}
    if verbose:
        shown |= {Status.UNKNOWN, Status.NOT_ASKABLE, Status.SKIP, Status.PASS}
    index = _rule_index(report)
    for subject, verdict in report.verdicts():
        if verdict.status in shown:
            rule = report.rules_by_id[verdict.rule]
            for finding, fingerprint in named_findings(subject, verdict, rule.title):
                yield {
                    "ruleId": one_line(rule.id),
                    "ruleIndex": index[rule.id],
                    **_result(subject, rule, verdict, finding),
                    "partialFingerprints": {_FINGERPRINT: fingerprint},
                    "properties": _result_properties(report, subject, verdict, finding),
                }


def _result(subject: Subject, rule: Rule, verdict: Verdict, finding: Finding) -> dict[str, Json]:
    kind = _KINDS[verdict.status]
    suppression: Json = {
        "kind": "external",
        "status": "accepted",
        "justification": printable(verdict.reason or str(verdict.waiver)),
    }
    return {
        "kind": kind,
        "level": _level(rule, verdict) if kind == "fail" else "none",
        "message": {"text": sarif_text(f"{subject.identity}: {sentence(finding)}")},
        "locations": [_location(subject, finding)],
        "suppressions": [suppression] if verdict.status is Status.WAIVED else [],
    }


def _level(rule: Rule, verdict: Verdict) -> str:
    return "warning" if verdict.status is Status.WARN else LEVELS[rule.severity]


def _result_properties(
    report: Report, subject: Subject, verdict: Verdict, finding: Finding
) -> Json:
    known: dict[str, Json] = {
        "status": verdict.status.value,
        "enforcement": verdict.enforcement.value,
        "blocks": report.closes(verdict),
        "subject": one_line(subject.identity),
        "actual": finding.actual,
        "expected": finding.expected,
        "fix": finding.fix,
    }
    return {name: value for name, value in known.items() if value is not None}


def _location(subject: Subject, finding: Finding) -> Json:
    parts = filter(None, [subject.identity, finding.path])
    logical: Json = {
        "name": one_line(finding.path or subject.name),
        "fullyQualifiedName": one_line(" ".join(parts)),
        "kind": "member" if finding.path else "resource",
    }
    where = physical(place(subject, finding.path))
    return {"physicalLocation": where, "logicalLocations": [logical]}


def physical(location: Location) -> Json:
    """Give a place as a physicalLocation."""
    where: dict[str, Json] = {"artifactLocation": {"uri": _uri(location.file)}}
    if location.line:
        region: dict[str, Json] = {"startLine": location.line}
        if location.column:
            region["startColumn"] = location.column
        where["region"] = region
    return where


def _uri(file: str) -> str:
    """Give a relative reference for a relative path, so that it holds in any checkout."""
    path = quote(file.removeprefix("./") or "-", errors="replace")
    return f"file://{path}" if path.startswith("/") else path
