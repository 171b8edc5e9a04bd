"""One verdict in words, for formats that have one text for it."""

from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.report.jsontext import short
from eidos.engine.report.placing import findings, spot


def values(finding: Finding) -> str:
    """Write ``actual 1, expected 2``, or nothing."""
    pairs = (("actual", finding.actual), ("expected", finding.expected))
    return ", ".join(f"{name} {short(value)}" for name, value in pairs if value is not None)


def sentence(finding: Finding) -> str:
    """Write a finding's message with its values."""
    told = values(finding)
    return f"{finding.msg} ({told})" if told else finding.msg


def gist(report: Report, verdict: Verdict) -> str:
    """Write the shortest account of a verdict: its reason, or its first message."""
    if verdict.status in {Status.FAIL, Status.WARN}:
        return findings(verdict, report.rules_by_id[verdict.rule].title)[0].msg
    return verdict.reason or verdict.status.value


def account(report: Report, subject: Subject, verdict: Verdict) -> str:
    """Write everything there is to say of a verdict, one finding a line, then the remediation."""
    rule = report.rules_by_id[verdict.rule]
    lines = [_finding(subject, finding) for finding in findings(verdict, rule.title)]
    if verdict.status is Status.FAIL and not report.counts_at_gate(verdict):
        lines.append("does not block")
    if verdict.status is Status.WAIVED:
        lines.append(f"waived by {verdict.waiver}: {verdict.reason}")
    elif verdict.status in {Status.FAIL, Status.WARN} and rule.remediation:
        lines.append(f"remediation: {rule.remediation}")
    return "\n".join(lines)


def _finding(subject: Subject, finding: Finding) -> str:
    path = f" {finding.path}" if finding.path else ""
    fix = f"\n  fix: {finding.fix}" if finding.fix else ""
    return f"{spot(subject, finding.path)}{path}: {sentence(finding)}{fix}"
