"""Report as OpenReports objects (openreports.io/v1alpha1), ready for ``kubectl apply -f -``.

Each subject is an object: a `ClusterReport` for nodes and clusters, a `Report` for anything else,
which lives in the namespace it is applied to. Results say ``skip`` for what is unknown or waived;
the property ``status`` tells them apart.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.jsontext import dumps, short, write_items
from eidos.engine.report.placing import content_name, epoch, named_findings, spot
from eidos.engine.report.wording import decided

_RESULTS = {
    Status.PASS: "pass",
    Status.FAIL: "fail",
    Status.WARN: "warn",
    Status.ERROR: "error",
    Status.UNKNOWN: "skip",
    Status.NOT_ASKABLE: "skip",
    Status.SKIP: "skip",
    Status.WAIVED: "skip",
}
_CLUSTER_WIDE = frozenset({Scope.NODE, Scope.CLUSTER})
_NAME = 40
"""Characters of a subject's name in the object's name, which may have 253."""
_ANNOTATION = 64_000
"""Characters of what relaxes the gate; annotations of an object may have 256 KiB together."""
_TEXT = 1000
"""Characters of a message or property; an object of the API server may have 1.5 MiB."""


def report(report: Report, out: TextIO, _rendering: Rendering) -> None:
    """Write a Kubernetes list, object by object."""
    head: dict[str, Json] = {"apiVersion": "v1", "kind": "List"}
    out.write("{\n")
    out.writelines(f"  {dumps(key)}: {dumps(value)},\n" for key, value in head.items())
    out.write('  "items": ')
    decision = _text(decided(report))
    write_items(out, (_object(report, subject, decision) for subject in report.subjects), "  ")
    out.write("\n}\n")


def _object(report: Report, subject: Subject, decision: str) -> Json:
    results = list(_results(report, subject))
    found = Counter(str(result["result"]) for result in results)
    made: dict[str, Json] = {
        "apiVersion": "openreports.io/v1alpha1",
        "kind": "ClusterReport" if subject.scope in _CLUSTER_WIDE else "Report",
        "metadata": _metadata(report, subject, decision),
        "source": "eidos",
        "summary": {name: found[name] for name in ("pass", "fail", "warn", "error", "skip")},
        "results": list[Json](results),
    }
    if subject.scope is Scope.NODE:
        made["scope"] = {"apiVersion": "v1", "kind": "Node", "name": _text(subject.name)}
    return made


def _metadata(report: Report, subject: Subject, decision: str) -> Json:
    annotations: dict[str, Json] = {
        "eidos.dev/subject": _text(subject.identity),
        "eidos.dev/run": _text(report.run),
        "eidos.dev/decision": decision,
        "eidos.dev/exit-code": str(int(report.exit_code)),
        "eidos.dev/digest": _text(subject.digest),
    }
    if report.relaxations:
        relaxed = "; ".join(str(each) for each in report.relaxations)
        annotations["eidos.dev/relaxations"] = shortened(one_line(relaxed), _ANNOTATION)
    return {
        "name": _object_name(subject),
        "labels": {"app.kubernetes.io/managed-by": "eidos"},
        "annotations": annotations,
    }


def _object_name(subject: Subject) -> str:
    """Give a DNS name that is the same from run to run and different for each subject."""
    plain = re.sub(r"[^a-z0-9]+", "-", subject.name.lower())[:_NAME].strip("-")
    unique = content_name(subject.scope.value, subject.identity, subject.file)[:10]
    return "-".join(filter(None, ["eidos", subject.scope.value, plain, unique]))


def _results(report: Report, subject: Subject) -> Iterator[dict[str, Json]]:
    for verdict in subject.verdicts:
        rule = report.rules_by_id[verdict.rule]
        for finding, fingerprint in named_findings(subject, verdict, rule.title):
            yield {
                "source": "eidos",
                "policy": _text(rule.id),
                "rule": _text(rule.package),
                "severity": rule.severity.value,
                "result": _RESULTS[verdict.status],
                "scored": report.counts_at_gate(verdict),
                "message": _text(finding.msg),
                "timestamp": {"seconds": int(epoch(report.effective_time)), "nanos": 0},
                "properties": {
                    **_properties(subject, rule, verdict, finding),
                    "fingerprint": fingerprint,
                },
            }


def _properties(
    subject: Subject, rule: Rule, verdict: Verdict, finding: Finding
) -> dict[str, Json]:
    known = {
        "status": verdict.status.value,
        "enforcement": verdict.enforcement.value,
        "title": rule.title,
        "location": spot(subject, finding.path),
        "path": finding.path,
        "actual": None if finding.actual is None else short(finding.actual),
        "expected": None if finding.expected is None else short(finding.expected),
        "fix": finding.fix,
        "reason": verdict.reason,
        "waiver": verdict.waiver,
    }
    return {name: _text(value) for name, value in known.items() if value}


def _text(value: str) -> str:
    return shortened(one_line(value), _TEXT)
