"""Finding subjects of which the same was said: a fleet is shown once and not node by node."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.records import dataclass
from eidos.engine.report.placing import findings, urgency

_QUIET = frozenset({Status.PASS, Status.SKIP, Status.NOT_ASKABLE})
"""What is not told subject by subject; `eidos.engine.report.wording.not_askable` tells the last."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Subjects with the same findings; the first stands for all."""

    subjects: tuple[Subject, ...]
    loud: tuple[Verdict, ...]
    """What there is to say of them, the most urgent first; passes and skips are not in it."""

    @property
    def first(self) -> Subject:
        """The subject whose lines are shown."""
        return self.subjects[0]


@dataclass(slots=True)
class Same:
    """One rule's verdicts of one status, of which all or none count at the gate."""

    verdict: Verdict
    said: dict[str, tuple[Finding, list[Subject]]] = field(default_factory=dict)
    """Different findings, each with the subjects it was said of."""
    verdicts: list[tuple[Subject, Verdict]] = field(default_factory=list)
    """All of them, each with whom it is about."""

    @property
    def subjects(self) -> list[Subject]:
        """Whom they are about."""
        return [subject for subject, _ in self.verdicts]

    @property
    def lacks_facts(self) -> bool:
        """Whether all there is to say is why facts are missing."""
        return self.verdict.status is Status.UNKNOWN and self.verdict.waiver is None


def group(report: Report) -> list[Alike]:
    """Gather like subjects; the group with the most urgent verdict comes first."""
    say = _sayings()
    gathered: dict[tuple[object, ...], list[Subject]] = {}
    rows: dict[tuple[object, ...], list[Subject]] = {}
    for subject in report.subjects:  # those that share their verdicts are alike at one look
        rows.setdefault((subject.scope, id(subject.verdicts)), []).append(subject)
    for same in rows.values():
        key = (same[0].scope, *(said for each in same[0].verdicts if (said := say(each))))
        gathered.setdefault(key, []).extend(same)
    groups = [Alike(tuple(each), _loud(report, each[0])) for each in gathered.values()]
    return sorted(groups, key=lambda alike: _worst_first(report, alike))


def _loud(report: Report, subject: Subject) -> tuple[Verdict, ...]:
    verdicts = [verdict for verdict in subject.verdicts if verdict.status not in _QUIET]
    return tuple(sorted(verdicts, key=lambda verdict: urgency(report, verdict)))


def _worst_first(report: Report, alike: Alike) -> tuple[object, ...]:
    urgencies = [urgency(report, verdict)[:2] for verdict in alike.loud]
    worst = min(urgencies, default=(len(Status), 0))
    return (*worst, -len(alike.loud), alike.first.identity)


def _sayings() -> Callable[[Verdict], str]:
    """Give a function that tells what a verdict says, empty for quiet ones.

    Verdicts are shared by like subjects and may hold values that cannot be hashed, so what each
    object says is worked out once.
    """
    known: dict[int, str] = {}

    def say(verdict: Verdict) -> str:
        if verdict.status in _QUIET:
            return ""
        if id(verdict) not in known:
            known[id(verdict)] = repr(
                (
                    verdict.rule,
                    verdict.status,
                    verdict.enforcement,
                    verdict.reason,
                    verdict.waiver,
                    verdict.findings,
                )
            )
        return known[id(verdict)]

    return say


def unknown_verdicts(
    report: Report, groups: Sequence[Alike]
) -> list[tuple[tuple[Subject, ...], Verdict]]:
    """Give unknown verdicts, each with the subjects that share it, the most severe rules first."""
    found = [
        (alike.subjects, verdict)
        for alike in groups
        for verdict in alike.loud
        if verdict.status is Status.UNKNOWN
    ]
    return sorted(found, key=lambda pair: urgency(report, pair[1]))


def by_rule(report: Report, groups: Sequence[Alike]) -> list[Same]:
    """Gather what was said rule by rule, the most urgent first."""
    gathered: dict[tuple[object, ...], Same] = {}
    for alike in groups:
        for verdict in alike.loud:
            at_gate = report.counts_at_gate(verdict)
            key = (verdict.rule, verdict.status, verdict.waiver, at_gate)
            same = gathered.setdefault(key, Same(verdict))
            same.verdicts.extend((subject, verdict) for subject in alike.subjects)
            for finding in _said(report, verdict):
                _, subjects = same.said.setdefault(repr(finding), (finding, []))
                subjects.extend(alike.subjects)
    return sorted(gathered.values(), key=lambda same: urgency(report, same.verdict))


def _said(report: Report, verdict: Verdict) -> Iterator[Finding]:
    if verdict.status in {Status.FAIL, Status.WARN, Status.WAIVED}:
        yield from findings(verdict, report.rules_by_id[verdict.rule].title)
    else:
        yield Finding(verdict.reason or "no reason given")
