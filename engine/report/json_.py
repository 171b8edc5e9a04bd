"""Report as JSON: everything, versioned; ``schemas/report/v1.schema.json`` describes it."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Rule
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Finding, Verdict
from eidos.engine.model.waiver import Waiver
from eidos.engine.ports import Rendering
from eidos.engine.report.jsontext import (
    API_VERSION,
    dumps,
    known,
    location_json,
    ordered,
    problem_json,
    relaxations_json,
    seen_json,
    write_items,
)
from eidos.engine.report.wording import not_askable


def report(report: Report, out: TextIO, _rendering: Rendering) -> None:
    """Write the report subject by subject, one line for each verdict."""
    out.write("{\n")
    out.writelines(f"  {dumps(key)}: {dumps(value)},\n" for key, value in _head(report).items())
    out.write('  "rules": ')
    write_items(out, (_rule(rule) for rule in report.rules), "  ")
    out.write(',\n  "subjects": [')
    separator = "\n"
    for subject in report.subjects:
        out.write(separator)
        _write_subject(report, subject, out)
        separator = ",\n"
    out.write("]\n}\n" if separator == "\n" else "\n  ]\n}\n")


def _recipe(report: Report) -> dict[str, Json]:
    recipe = report.recipe
    return {} if recipe is None else {"recipe": {"name": recipe.name, "digest": recipe.digest}}


def _head(report: Report) -> dict[str, Json]:
    return {
        "apiVersion": API_VERSION,
        "kind": "Report",
        "metadata": known(
            run=report.run,
            started=report.started,
            effectiveTime=report.effective_time,
            asOf=report.as_of,
            generator=report.generator,
            engine=report.engine,
        ),
        "decision": report.decision.value,
        "exitCode": int(report.exit_code),
        "failOn": report.gate.fail_on.value,
        "allowIncomplete": report.gate.allow_incomplete,
        "requireAskable": report.gate.require_askable,
        **known(maxAge=report.gate.max_age),
        **seen_json(report.seen),
        **relaxations_json(report.relaxations),
        "counts": {status.value: count for status, count in report.counts.items()},
        "notAskable": [
            {
                "reason": each.reason,
                "rules": list(each.rules),
                "subjects": len(each.subjects),
            }
            for each in not_askable(report)
        ],
        "packs": [
            known(
                name=pack.name,
                version=pack.version,
                digest=pack.digest,
                replaces=list(pack.replaces) or None,
                origin=pack.origin or None,
                signer=pack.signer,
            )
            for pack in report.packs
        ],
        **_recipe(report),
        "problems": [problem_json(problem) for problem in report.problems],
        "waivers": [waiver_json(waiver) for waiver in report.waivers],
        "waiverNotes": [
            {"waiver": note.waiver, "rule": note.rule, "state": note.state, "message": note.message}
            for note in report.waiver_notes
        ],
        "prints": list(report.prints),
    }


def waiver_json(waiver: Waiver) -> dict[str, Json]:
    """Give a waiver, whole, with its place."""
    about = known(
        id=waiver.id,
        rule=waiver.rule or None,
        tag=waiver.tag,
        owner=waiver.owner,
        approver=waiver.approver,
        reason=waiver.reason,
        ticket=waiver.ticket,
        until=written(waiver.until),
        subjects=waiver.subjects.said,
        location=location_json(waiver.location),
    )
    if waiver.since is not None:
        about["from"] = written(waiver.since)
    if waiver.has_value:
        about["value"] = ordered(waiver.value)
    if waiver.values:
        about["values"] = [ordered(each) for each in waiver.values]
    if limits := known(min=waiver.least, max=waiver.most):
        about["range"] = limits
    if revoked := waiver.revoked:
        about["revoked"] = known(at=written(revoked.at), by=revoked.by, reason=revoked.reason)
    return about


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "scope": rule.scope.value,
        "package": rule.package,
        "digest": rule.digest,
        "description": rule.description,
        "remediation": rule.remediation,
        "requires": [str(path) for path in rule.requires],
        "reads": [str(path) for path in rule.reads],
        "controls": [{"framework": each.framework, "id": each.id} for each in rule.controls],
        "tags": list(rule.tags),
        "references": list(rule.references),
        "params": ordered(dict(rule.params)),
    }


def _write_subject(report: Report, subject: Subject, out: TextIO) -> None:
    head = known(
        name=subject.name,
        identity=subject.identity,
        scope=subject.scope.value,
        cluster=subject.cluster,
        file=subject.file,
        digest=subject.digest,
        timestamp=subject.timestamp,
    )
    out.write(f'    {{{dumps(head)[1:-1]}, "verdicts": ')
    write_items(out, _verdicts(report, subject), "    ")
    out.write("}")


def _verdicts(report: Report, subject: Subject) -> Iterator[Json]:
    for verdict in subject.verdicts:
        yield _verdict(report, subject, verdict)


def _verdict(report: Report, subject: Subject, verdict: Verdict) -> Json:
    return known(
        rule=verdict.rule,
        status=verdict.status.value,
        severity=report.rules_by_id[verdict.rule].severity.value,
        enforcement=verdict.enforcement.value,
        blocks=report.closes(verdict),
        reason=verdict.reason,
        waiver=verdict.waiver,
        memo=verdict.memo,
        findings=[_finding(subject, finding) for finding in verdict.findings],
    )


def _finding(subject: Subject, finding: Finding) -> Json:
    location = subject.locations.get(finding.path or "")
    return known(
        msg=finding.msg,
        level=finding.level,
        path=finding.path,
        actual=ordered(finding.actual),
        expected=ordered(finding.expected),
        fix=finding.fix,
        key=finding.key,
        location=location_json(location),
    )
