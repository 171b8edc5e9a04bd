"""Where a finding stands, and the name that stays with it from run to run."""

import hashlib

from eidos.engine.errors import Location
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict

WORST_FIRST = (
    Status.FAIL,
    Status.WARN,
    Status.ERROR,
    Status.UNKNOWN,
    Status.WAIVED,
    Status.SKIP,
    Status.PASS,
)
"""The order in which people want to read."""


def place(subject: Subject, path: str | None) -> Location:
    """Give where a path of the subject stands; the subject's own place when it is not known."""
    locations = subject.locations
    return locations.get(path or "") or locations.get("") or Location(subject.file)


def fingerprint(subject: Subject, rule: str, path: str | None) -> str:
    """Name a finding by rule, subject and path: new words or a moved line change nothing."""
    parts = "\0".join((rule, subject.scope.value, subject.identity, path or ""))
    return hashlib.sha256(parts.encode(errors="surrogatepass")).hexdigest()


def urgency(report: Report, verdict: Verdict) -> tuple[int, int, str]:
    """Give a sort key: fails before warnings before the rest, the most severe first."""
    severity = report.rules_by_id[verdict.rule].severity
    return WORST_FIRST.index(verdict.status), -severity.rank, verdict.rule


def findings(verdict: Verdict, title: str) -> tuple[Finding, ...]:
    """Give a verdict's findings, or one made of its reason or title when it has none."""
    return verdict.findings or (Finding(verdict.reason or title),)
