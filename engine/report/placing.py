"""Where a finding stands, and the name that stays with it from run to run."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from eidos.engine.errors import Location
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.report.jsontext import dumps

WORST_FIRST = (
    Status.FAIL,
    Status.WARN,
    Status.ERROR,
    Status.UNKNOWN,
    Status.WAIVED,
    Status.NOT_ASKABLE,
    Status.SKIP,
    Status.PASS,
)
"""The order in which people want to read."""


def place(subject: Subject, path: str | None) -> Location:
    """Give where a path of the subject stands; the subject's own place when it is not known."""
    locations = subject.locations
    return locations.get(path or "") or locations.get("") or Location(subject.file)


def fingerprint(subject: Subject, rule: str, *identity: str) -> str:
    """Name what a rule says of a subject, by meaning and never by order.

    Args:
        subject: what was judged.
        rule: rule id.
        identity: what tells it from the rule's other findings about the subject.
    """
    return content_name(rule, subject.scope.value, subject.lasting_name, *identity)


def content_name(*parts: str) -> str:
    """Give a name that depends on these texts and nothing else: 64 hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def named_findings(subject: Subject, verdict: Verdict, title: str) -> Iterator[tuple[Finding, str]]:
    """Give a verdict's findings, each with its fingerprint.

    A finding is known by its key, else by its path: new words or a moved line change nothing. One
    that has neither, or shares both with another, is known by what it says.
    """
    said = findings(verdict, title)
    shared = Counter((finding.key, finding.path) for finding in said)
    for finding in said:
        identity = [finding.key or finding.path or ""]
        if not identity[0] or shared[finding.key, finding.path] > 1:
            identity += [finding.level, finding.msg, dumps(finding.actual)]
        yield finding, fingerprint(subject, verdict.rule, *identity)


def urgency(report: Report, verdict: Verdict) -> tuple[int, int, str]:
    """Give a sort key: fails before warnings before the rest, the most severe first."""
    severity = report.rules_by_id[verdict.rule].severity
    return WORST_FIRST.index(verdict.status), -severity.rank, verdict.rule


def findings(verdict: Verdict, title: str) -> tuple[Finding, ...]:
    """Give a verdict's findings, or one made of its reason or title when it has none."""
    return verdict.findings or (Finding(verdict.reason or title),)


def spot(subject: Subject, path: str | None) -> str:
    """Write ``snapshot.yaml:14``."""
    location = place(subject, path)
    return f"{location.file}:{location.line}" if location.line else location.file


def epoch(moment: str) -> float:
    """Give the seconds since 1970 of an RFC 3339 time; 0 when it is none."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return 0.0
