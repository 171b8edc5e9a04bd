"""``eidos waiver list`` and ``report``: how waivers stand, and what fails when they end.

What was last recorded of each cluster is held against the waivers of now by the function that
`eidos.engine.app.check` uses: as it would be waived today, at another time, and on each day on
which one of them ends.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from eidos.engine.app.context import Context
from eidos.engine.app.policies import known_packs, load_packs
from eidos.engine.app.waivers import Terms, is_for, read_waivers, refuse_untenable
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.evaluating.waiving import Waiving, select_by_label, selects, unwaived
from eidos.engine.model.history import Window
from eidos.engine.model.nearest import nearest
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Rule, Severity
from eidos.engine.model.times import instant
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.model.waiver import (
    TERMS,
    Failing,
    WaivedFinding,
    Waiver,
    WaiverReport,
    WaiverStanding,
    WaiverState,
)
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.model.run import RunSummary

_RUNS = 5
"""Last runs of a cluster that are looked at: one may have asked a few rules only."""
_Waived = Mapping[tuple[int, str], str]
"""Number of a subject and id of a rule to the waiver that covers what it found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRequest:
    """Which waivers, and when."""

    files: tuple[str, ...] = ()
    """Files and folders with waivers."""
    packs: tuple[str, ...] = ()
    """Packs with rules that may be waived, beside the shipped ones."""
    terms: Mapping[Severity, int]
    """Days that a waiver may last, where they are not those of `TERMS`."""
    at: datetime | None = None
    """Rule time, with zone; the context's clock when None."""
    days: int = 30
    """How far the forecast looks ahead."""


def terms_of(
    request: WaiverRequest, context: Context, named: Iterable[str], tags: Iterable[str]
) -> Terms:
    """Give the rules that waivers may be for, and how long they may last.

    Args:
        request: says which packs there are beside the shipped ones.
        context: what is open.
        named: rules that waivers are for.
        tags: tags that waivers are for.

    Raises:
        EidosError: a pack cannot be loaded.
    """
    packs = load_packs(request.packs, context.engine, context.environ)
    every = known_packs({*named}, packs, context, {*tags})
    rules = {rule.id: rule for pack in every for rule in pack.rules}
    return Terms(tuple(rules.values()), {**TERMS, **request.terms})


def waiver_report(request: WaiverRequest, context: Context) -> WaiverReport:
    """Say how every waiver stands, what it waives in what was last recorded, and what comes.

    Without a database, states follow from dates and rules alone, and nothing is forecast.

    Raises:
        DocumentError: a file with waivers cannot be read.
        UsageError: nobody may give one of them, or not for so long.
        EidosError: a pack cannot be loaded, or the database cannot be read.
    """
    waivers = read_waivers(request.files, context.limits)
    named = {each.rule for each in waivers if each.rule}
    tags = {each.tag for each in waivers if each.tag}
    terms = terms_of(request, context, named, tags)
    now = context.clock.now()
    rules, at = terms.rules, request.at or now
    refuse_untenable([each for each in waivers if terms.of(each)], terms, at)
    until = _later(at, request.days)
    last = _Last(context, waivers, at if at < now else None)
    known = {**last.rules, **{rule.id: rule for rule in rules}}
    trial = _Trial(waivers, known, last)
    return WaiverReport(
        at=at,
        until=until,
        standings=tuple(trial.standings(at, rules)),
        forecast=tuple(trial.forecast(at, until)),
        runs=tuple(last.runs),
    )


def _later(at: datetime, days: int) -> datetime:
    try:
        return at + timedelta(days)
    except OverflowError:
        return datetime.max.replace(tzinfo=at.tzinfo)


# What was last recorded -------------------------------------------------------------------------


class _Last:
    """The subjects of the last run of each cluster, with what rules said of them last.

    Of the verdicts only those are kept that some waiver may be for, as they were before waivers.

    Args:
        context: what is open.
        waivers: what is asked about.
        by: the last facts by this moment of the past, as ``history as-of`` takes them; None for
            the last that were recorded.
    """

    def __init__(
        self, context: Context, waivers: Sequence[Waiver], by: datetime | None = None
    ) -> None:
        self._context = context
        self._by = by
        self._waivers = waivers
        self.rules: dict[str, Rule] = {}
        self.runs: dict[str, None] = {}
        """Ids of the runs that were looked at."""
        self.revoked: dict[str, str] = {}
        """Ids of waivers that a run was given as revoked, and the last such run."""
        self.subjects: list[Subject] = []
        self.origins: list[Mapping[str, str]] = []
        """Of each subject, rule to the run that said so."""
        if waivers and (context.has_store or context.is_store_named):
            self._take()

    def _take(self) -> None:
        lives = self._context.store.waivers()
        self.revoked = {each.waiver.id: each.last for each in lives if each.waiver.revoked}
        last, order = self._last_runs()
        said: dict[object, dict[str, tuple[Verdict, str]]] = {}
        there: dict[object, Subject] = {}
        for name in order:  # each is read once, however many clusters it saw
            report = self._context.store.run(name)
            self.runs[name] = None
            asked = {rule.id: rule for rule in report.rules if self._is_waived(rule)}
            self.rules = {**asked, **self.rules}
            labels = self._labels(report)
            for subject in report.subjects:
                names, who = last.get(subject.cluster, []), _who(subject)
                if name not in names or self._is_late(subject):
                    continue
                if name == names[0]:
                    there[who] = replace(subject, labels=labels.get(who, {}))
                mine = said.setdefault(who, {})
                for verdict in subject.verdicts:
                    if verdict.rule in asked:
                        mine.setdefault(verdict.rule, (unwaived(verdict), name))
        for who, subject in there.items():
            verdicts = tuple(verdict for verdict, _ in said[who].values())
            self.subjects.append(replace(subject, verdicts=verdicts))
            self.origins.append({rule: run for rule, (_, run) in said[who].items()})

    def _last_runs(self) -> tuple[dict[str | None, list[str]], list[str]]:
        """Give the last runs of each cluster, and of none; and all of them, the last one first."""
        store = self._context.store
        found: dict[str | None, list[RunSummary]] = {
            cluster: self._runs_of(cluster) for cluster in store.clusters()
        }
        found[None] = store.runs(_RUNS, known=self._by)
        runs = {each.run: each.recorded for group in found.values() for each in group}
        order = sorted(runs, key=lambda name: runs[name], reverse=True)
        return {key: [each.run for each in group] for key, group in found.items()}, order

    def _runs_of(self, cluster: str) -> "list[RunSummary]":
        """Give the last runs of a cluster: those about its last facts by then, the last first."""
        store = self._context.store
        if self._by is None:
            return store.runs(_RUNS, Window.of(cluster))
        runs: dict[str, None] = {}
        until = self._by
        while len(runs) < _RUNS:
            captures = store.captures(cluster, until=until, last=True)
            if not captures:
                break
            runs |= dict.fromkeys(each.run for each in reversed(captures))
            until = captures[-1].at - timedelta(milliseconds=1)
        about = {each.run: each for each in store.runs(None, Window.of(cluster))}
        return [about[name] for name in runs][:_RUNS]

    def _is_late(self, subject: Subject) -> bool:
        """Say whether facts were seen after the moment that is asked about."""
        taken = subject.timestamp
        return self._by is not None and taken is not None and instant(taken) > self._by

    def _is_waived(self, rule: Rule) -> bool:
        return any(is_for(each, rule) for each in self._waivers)

    def _labels(self, report: Report) -> Mapping[object, Mapping[str, str]]:
        if not select_by_label(self._waivers):
            return {}
        found: dict[object, Mapping[str, str]] = {}
        for seen in self._context.store.snapshots_of_run(report.run):
            for facts in (cluster_facts(seen, ""), *node_facts(seen, "")):
                found[facts.scope, facts.cluster, facts.name] = facts.labels
        return found


def _who(subject: Subject) -> object:
    return subject.scope, subject.cluster, subject.name


# Now, then, and on each day between -------------------------------------------------------------


class _Trial:
    def __init__(self, waivers: Sequence[Waiver], rules: Mapping[str, Rule], last: _Last) -> None:
        self._waivers = waivers
        self._by_id = {each.id: each for each in waivers}
        self._rules = rules
        self._last = last

    def standings(self, at: datetime, there: Iterable[Rule]) -> Iterator[WaiverStanding]:
        """Say how each waiver stands at a moment."""
        there = list(there)
        waiving = Waiving(self._waivers, self._rules.values(), at)
        waived = self._waived(waiving, self._last.subjects)
        for waiver in self._waivers:
            state, why = self._state(waiver, waiving, at, there)
            found = [self._finding(*key) for key, by in waived.items() if by == waiver.id]
            back = self._last.revoked.get(waiver.id)
            if back is not None and waiver.revoked is None:
                why = f"{why}; IT WAS REVOKED BEFORE: see run {back}"
            rules = sum(is_for(waiver, rule) for rule in there)
            yield WaiverStanding(waiver, state, why, tuple(sorted(found, key=_place)), rules)

    def forecast(self, at: datetime, until: datetime) -> Iterator[Failing]:
        """Give what is waived until then and, from some instant on, no more."""
        failing = [
            replace(each, verdicts=tuple(v for v in each.verdicts if v.status is Status.FAIL))
            for each in self._last.subjects
        ]
        turns = {turn for each in self._waivers for turn in each.turns() if at < turn <= until}
        before = self._waived_at(at, failing)
        for turn in sorted(turns):
            after = self._waived_at(turn, failing)
            ended = sorted(before.keys() - after.keys())
            for key in ended:
                by = self._by_id[before[key]]
                yield Failing(turn, by.id, by.owner, self._finding(*key))
            before = after

    def _waived_at(self, at: datetime, subjects: Sequence[Subject]) -> _Waived:
        return self._waived(Waiving(self._waivers, self._rules.values(), at), subjects)

    def _waived(self, waiving: Waiving, subjects: Sequence[Subject]) -> _Waived:
        return {
            (number, verdict.rule): verdict.waiver
            for number, subject in enumerate(subjects)
            for verdict in waiving.apply(subject).verdicts
            if verdict.waiver is not None
        }

    def _finding(self, number: int, rule: str) -> WaivedFinding:
        subject = self._last.subjects[number]
        verdict = next(each for each in subject.verdicts if each.rule == rule)
        says = verdict.findings[0].msg if verdict.findings else self._rules[rule].title
        run = self._last.origins[number][rule]
        return WaivedFinding(subject.identity, rule, self._rules[rule].severity, says, run)

    def _state(
        self, waiver: Waiver, waiving: Waiving, at: datetime, there: Sequence[Rule]
    ) -> tuple[WaiverState, str]:
        state = waiver.state(at)
        if state in (WaiverState.REVOKED, WaiverState.EXPIRED):
            return state, waiving.why(waiver)
        if not any(is_for(waiver, rule) for rule in there):
            return WaiverState.ORPHANED, _no_rule(waiver, there)
        if self._last.subjects and not any(selects(waiver, e) for e in self._last.subjects):
            return WaiverState.ORPHANED, "it is for no subject that was seen last"
        found = waiving.state(waiver)
        if found is not None:
            return found, waiving.why(waiver)
        asked = "no recorded run asked its rule" if self._last.subjects else "nothing is recorded"
        return state, f"holds until {waiver.ends}; {asked}"


def _no_rule(waiver: Waiver, there: Sequence[Rule]) -> str:
    if waiver.tag is not None:
        labels = sorted({label for rule in there for label in rule.labels})
        return f"no rule has the tag {waiver.tag}. {nearest(waiver.tag, labels)}"
    return f"there is no rule {waiver.rule}. {nearest(waiver.rule, [e.id for e in there])}"


def _place(found: WaivedFinding) -> tuple[str, str]:
    return found.subject, found.rule
