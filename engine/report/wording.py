"""What several formats say in the same words: counts, the decision, findings and problems."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from eidos.engine.errors import ExitCode, Problem
from eidos.engine.model.history import Dark
from eidos.engine.model.report import Report, Seen, Subject
from eidos.engine.model.rule import Param, Rule, Scope
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Finding, Lack, Status, Verdict
from eidos.engine.report.escaping import one_line
from eidos.engine.report.jsontext import json_line, short
from eidos.engine.report.placing import findings, spot

_NO_PASS = frozenset({ExitCode.NO_ANSWER, ExitCode.INCOMPLETE})


def plural(count: int, noun: str) -> str:
    """Write ``1 node``, ``10,000 nodes``."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def bounds(spec: Param) -> list[str]:
    """Say what a parameter may be: ``each string``, ``one of "a", "b"``, ``at most 100``."""
    said = {
        "each": spec.items,
        "format": spec.format,
        "one of": ", ".join(map(json_line, spec.values)) or None,
        "at least": spec.minimum,
        "at most": spec.maximum,
    }
    return [f"{key} {value}" for key, value in said.items() if value is not None]


def named(shown: Sequence[str], total: int) -> str:
    """Write ``a, b, c and 35 more``.

    Args:
        shown: the first names, already escaped for the format.
        total: how many there are.
    """
    rest = total - len(shown)
    return ", ".join(shown) + (f" {and_more(rest)}" if rest > 0 else "")


def and_more(rest: int, what: str = "") -> str:
    """Say how many are not shown: ``and 40 more``, ``and 40 different findings more``."""
    return f"and {rest:,} {what} more" if what else f"and {rest:,} more"


# The report -------------------------------------------------------------------------------------


def counted(report: Report) -> str:
    """Say how many subjects and verdicts there were, zeros left out.

    One cluster that was seen twice is one cluster.
    """
    told = {
        (each.scope, each.identity if each.scope is Scope.CLUSTER else number)
        for number, each in enumerate(report.subjects)
    }
    scopes = Counter(scope.value for scope, _ in told)
    subjects = ", ".join(plural(count, scope) for scope, count in sorted(scopes.items()))
    verdicts = ", ".join(f"{count:,} {status}" for status, count in report.counts.items() if count)
    rules = plural(len(report.rules), "rule")
    return f"{subjects or 'no subject'}, {rules}: {verdicts or 'no verdict'}"


def decided(report: Report) -> str:
    """Say what the gate decided and why."""
    causes = ", ".join(cause for cause in _causes(report) if cause) or "nothing blocks"
    unasked = "" if report.gate.require_askable else _unaskable(report)
    last = "this is not a pass" if report.exit_code in _NO_PASS else ""
    said = "; ".join(part for part in (causes, unasked, last, seen(report)) if part)
    return f"{report.decision.value} (exit code {int(report.exit_code)}): {said}"


def seen(report: Report) -> str:
    """Say when the facts were seen, and how old they were where that is over a day."""
    found = report.seen
    if found is None:
        return ""
    told = [f"facts of {_times(found, report.as_of)}"] if found.oldest else []
    if found.undated:
        told.append(f"{_facts(found.undated)} of an unknown time")
    if found.ahead:
        told.append(f"{_facts(found.ahead)} dated in the future")
    return ", ".join(told)


def _facts(count: int) -> str:
    return "facts" if count == 1 else f"facts of {count:,} snapshots"


def _times(found: Seen, as_of: str | None) -> str:
    """Write ``2026-11-01T00:00:00Z (25d old)``."""
    several = f" to {found.newest}" if found.newest != found.oldest else ""
    word = f"before {as_of}" if as_of else "old"
    old = f" ({found.days}d {word})" if found.days else ""
    return f"{found.oldest}{old}{several}"


def _causes(report: Report) -> list[str]:
    problems = len(report.problems)
    errors = report.counts[Status.ERROR]
    unknown = _gating(report, Status.UNKNOWN)
    fails = _gating(report, Status.FAIL)
    return [
        plural(problems, "problem") if problems else "",
        _errors(report, errors) if errors else "",
        _nothing(report) if report.nothing_judged and not unknown else "",
        _unknown(report, unknown) if unknown else "",
        _unaskable(report) if report.gate.require_askable else "",
        plural(fails, "violation") + _threshold(report) if fails else "",
    ]


def _errors(report: Report, count: int) -> str:
    rules = {each.rule for _, each in report.verdicts() if each.status is Status.ERROR}
    return f"{plural(count, 'verdict')} of {plural(len(rules), 'rule')} could not be evaluated"


def _nothing(report: Report) -> str:
    said = [status.value for status, count in report.counts.items() if count]
    if said:
        return f"nothing was judged: every verdict is {' or '.join(said)}"
    if report.rules:
        return "nothing was judged"
    return "nothing was judged: the options leave no rule, or the policy has no deny and no warn"


def _unknown(report: Report, count: int) -> str:
    allowed = ", which is allowed" if report.gate.allow_incomplete else ""
    return f"{plural(count, 'verdict')} unknown for want of facts{allowed}"


def _unaskable(report: Report) -> str:
    """Say how many rules could not be asked, which is no pass of them."""
    count = _gating(report, Status.NOT_ASKABLE)
    required = report.gate.require_askable
    allowed = ", which is allowed" if required and report.gate.allow_incomplete else ""
    return f"{plural(count, 'verdict')} not askable{allowed}" if count else ""


def _threshold(report: Report) -> str:
    return f" of severity {report.gate.fail_on.value} or above" if report.gate.fail_on.rank else ""


def _gating(report: Report, status: Status) -> int:
    return sum(
        count
        for verdict, count in report.distinct
        if verdict.status is status and report.counts_at_gate(verdict)
    )


FACTS = 40
"""Facts named of those that are missing for one reason."""


@dataclass(slots=True)
class Unanswered:
    """A reason for which rules have no answer, and whom that concerns."""

    reason: str
    rules: dict[str, None] = field(default_factory=dict)
    whose: dict[int, Sequence[Subject]] = field(default_factory=dict)
    """Like subjects whom it concerns, by the identity of the object; an object stands once."""
    facts: dict[str, None] = field(default_factory=dict)
    """What the reason is about, where it is about several; else it says so itself."""

    @property
    def subjects(self) -> list[str]:
        """Name whom it concerns, each once."""
        return [*dict.fromkeys(each.identity for some in self.whose.values() for each in some)]


def not_askable(report: Report) -> list[Unanswered]:
    """Gather what what took the snapshots can never tell, by reason, in order of appearance."""
    found: dict[str, Unanswered] = {}
    for subject, verdict in report.verdicts():
        if verdict.status is Status.NOT_ASKABLE:
            reason = verdict.reason or verdict.status.value
            one = found.setdefault(reason, Unanswered(reason))
            one.rules[verdict.rule] = None
            one.whose.setdefault(id(subject), (subject,))
    return [*found.values()]


def unknown(said: Iterable[tuple[Sequence[Subject], Verdict]]) -> list[Unanswered]:
    """Gather unknown verdicts by why their facts are missing, in order of appearance.

    Args:
        said: each verdict with the subjects that share it.
    """
    found: dict[str, Unanswered] = {}
    for subjects, verdict in said:
        reason = verdict.reason or "no reason given"
        cause = _one_cause(verdict.lacks)
        one = found.setdefault(cause or reason, Unanswered(reason))
        one.rules[verdict.rule] = None
        one.whose[id(subjects)] = subjects
        if cause is not None:
            one.facts.update((each.fact, None) for each in verdict.lacks)
            if len(one.facts) > 1:
                one.reason = cause
    for each in found.values():
        if len(each.facts) == 1:
            each.facts.clear()
    return [*found.values()]


def _one_cause(lacks: Sequence[Lack]) -> str | None:
    """Give why all of these facts are missing; None where that is not one why, or not of facts."""
    whys = {each.why if each.fact else None for each in lacks}
    return whys.pop() if len(whys) == 1 else None


def told_unaskable(each: Unanswered) -> str:
    """Write ``2 rules of 1 subject cannot be asked (K8S-008, K8S-009): k8s.kubelet is ...``."""
    who = f"{plural(len(each.rules), 'rule')} of {plural(len(each.subjects), 'subject')}"
    return f"{who} cannot be asked ({', '.join(each.rules)}): {each.reason}"


# One verdict, one problem -----------------------------------------------------------------------


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
        lines.append(waived(report, verdict))
    elif verdict.status is Status.UNKNOWN and verdict.findings and verdict.reason:
        lines.append(verdict.reason)
    elif verdict.status in {Status.FAIL, Status.WARN} and rule.remediation:
        lines.append(f"remediation: {reflowed(rule.remediation)}")
    return "\n".join(lines)


def waived(report: Report, verdict: Verdict) -> str:
    """Write by what a verdict is waived, with who holds the waiver where that is known."""
    given = report.waivers_by_id.get(verdict.waiver or "")
    if given is None or verdict.status is Status.UNKNOWN:  # which also lacks facts
        return verdict.reason or f"waived by {verdict.waiver}"
    return f"waived by {verdict.waiver} ({given.holders()}): {given.reason}"


def _finding(subject: Subject, finding: Finding) -> str:
    path = f" {finding.path}" if finding.path else ""
    fix = f"\n  fix: {finding.fix}" if finding.fix else ""
    return f"{spot(subject, finding.path)}{path}: {sentence(finding)}{fix}"


def told(problem: Problem) -> str:
    """Write a problem's sentence and its hint, a line each, where the format shows the place."""
    return "\n".join(filter(None, [problem.message, problem.hint]))


def called(rule: Rule, between: str = " ") -> str:
    """Name a rule and say what it asks; a plain rule has no other title than its name."""
    return rule.id if rule.title == rule.id else f"{rule.id}{between}{rule.title}"


def reflowed(text: str) -> str:
    """Write text with a line for each paragraph; commands stand on lines of their own, indented."""
    return "\n".join(f"    {each}" if is_command else each for each, is_command in paragraphs(text))


def paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    """Give the paragraphs of a text, and whether each is a command that must stay whole.

    Line ends in a rule's metadata mean nothing, except that the line after one that ends with a
    colon is something to type.
    """
    running: list[str] = []
    was_introduced = False
    for line in filter(None, map(str.strip, text.split("\n"))):
        if was_introduced:
            yield " ".join(running), False
            yield line, True
            running, was_introduced = [], False
        else:
            running.append(line)
            was_introduced = line.endswith(":")
    if running:
        yield " ".join(running), False


def dark_lines(dark: Sequence[Dark]) -> Iterator[str]:
    """Name the clusters that nobody looks at any more, with the last sight of each."""
    for each in dark:
        name = one_line(each.cluster)
        if each.is_gone:
            yield f"gone: {name}, last seen {written(each.seen)}; its time ends there (--gone)"
        else:
            yield f"dark: {name}, last seen {written(each.seen)}; unknown since (--gone if it is)"
