"""The last words of a report: what was counted, what was decided, and with which exit code."""

from collections import Counter

from eidos.engine.errors import ExitCode
from eidos.engine.model.report import Report
from eidos.engine.model.verdict import Status

_NO_PASS = frozenset({ExitCode.NO_ANSWER, ExitCode.INCOMPLETE})


def plural(count: int, noun: str) -> str:
    """Write ``1 node``, ``10,000 nodes``."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def counted(report: Report) -> str:
    """Say how many subjects and verdicts there were, zeros left out."""
    scopes = Counter(subject.scope.value for subject in report.subjects)
    subjects = ", ".join(plural(count, scope) for scope, count in sorted(scopes.items()))
    verdicts = ", ".join(f"{count:,} {status}" for status, count in report.counts.items() if count)
    rules = plural(len(report.rules), "rule")
    return f"{subjects or 'no subject'}, {rules}: {verdicts or 'no verdict'}"


def decided(report: Report) -> str:
    """Say what the gate decided and why."""
    causes = ", ".join(cause for cause in _causes(report) if cause) or "nothing blocks"
    last = "; this is not a pass" if report.exit_code in _NO_PASS else ""
    return f"{report.decision.value} (exit code {int(report.exit_code)}): {causes}{last}"


def _causes(report: Report) -> list[str]:
    problems = len(report.problems)
    errors = report.counts[Status.ERROR]
    unknown = _gating(report, Status.UNKNOWN)
    fails = _gating(report, Status.FAIL)
    return [
        plural(problems, "problem") if problems else "",
        f"{plural(errors, 'rule')} could not be evaluated" if errors else "",
        _nothing(report) if report.nothing_judged and not unknown else "",
        _unknown(report, unknown) if unknown else "",
        plural(fails, "violation") + _threshold(report) if fails else "",
    ]


def _nothing(report: Report) -> str:
    if any(subject.verdicts for subject in report.subjects):
        return "nothing was judged: every verdict is unknown"
    if report.rules:
        return "nothing was judged"
    return "nothing was judged: the options leave no rule, or the policy has no deny and no warn"


def _unknown(report: Report, count: int) -> str:
    allowed = ", which is allowed" if report.gate.allow_incomplete else ""
    return f"{plural(count, 'verdict')} unknown for want of facts{allowed}"


def _threshold(report: Report) -> str:
    return f" of severity {report.gate.fail_on.value} or above" if report.gate.fail_on.rank else ""


def _gating(report: Report, status: Status) -> int:
    return sum(
        verdict.status is status and report.counts_at_gate(verdict)
        for _, verdict in report.verdicts()
    )
