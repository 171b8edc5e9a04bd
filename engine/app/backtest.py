"""``eidos policy backtest``: what would this policy have said of the past?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache

from eidos.engine.app.context import Context
from eidos.engine.app.past import Rejudging, clusters, latest, window
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.errors import UsageError
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.evaluating.waiving import Waiving, select_by_label
from eidos.engine.model.history import BackTest, Capture, Said, Who, Window
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Scope
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.records import dataclass
from eidos.engine.replaying.backtesting import Evidence, Tally

_SNAPSHOTS = 8
"""Snapshots whose labels are at hand: captures come in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTestRequest:
    """What is tried, and on what."""

    asked: Window
    policy: PolicyRequest
    against: PolicyRequest | None = None
    """What it is compared with; None for the verdicts that were recorded."""
    most_new: int | None = None
    """How many subjects may newly fail; None for any number."""


def backtest(request: BackTestRequest, context: Context) -> BackTest:
    """Judge every recorded snapshot of a time, and say what each rule would have found.

    Each snapshot is judged on its own day, and what rules see alike is evaluated once. The waivers
    that were recorded with a snapshot, and those of the policy, say what they would have covered.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded of what is asked about, or there is no such rule or pack.
    """
    asked = window(request.asked, context)
    new = resolve(request.policy, context)
    old = resolve(request.against, context) if request.against else None
    trial = _Trial(asked, new, old, context)
    for cluster in clusters(asked, context):
        trial.take(cluster)
    if not trial.captures:
        raise UsageError(
            "no snapshot was seen in that time", hint="Reach further back: --since 365d."
        )
    return BackTest(
        window=asked,
        packs=_names(new),
        against=_names(old) if old else (),
        rules=tuple(trial.tallies[rule].impact(rule) for rule in sorted(trial.tallies)),
        captures=trial.captures,
        verdicts=trial.new.asked,
        evaluated=trial.new.evaluated,
        most_new=request.most_new,
    )


def _names(policy: Policy) -> tuple[str, ...]:
    return tuple(f"{pack.name} {pack.version}" for pack in policy.packs)


class _Trial:
    """Folds what both say, cluster by cluster."""

    def __init__(self, asked: Window, new: Policy, old: Policy | None, context: Context) -> None:
        self._asked = asked
        self._context = context
        self._policy = new
        rules = [rule for rule in new.rules if asked.has_rule(rule.id)]
        self._ids = {rule.id for rule in rules}
        self.new = Rejudging(rules, context, new.effective if new.is_pinned else None)
        self._old = (
            Rejudging([rule for rule in old.rules if asked.has_rule(rule.id)], context)
            if old
            else None
        )
        self.tallies: dict[str, Tally] = {rule: Tally() for rule in self._ids}
        self.captures = 0
        self._waivers = cache(context.store.waivers_of_run)
        self._labels = lru_cache(_SNAPSHOTS)(self._labels_in)

    def take(self, cluster: str) -> None:
        """Take all that was seen of a cluster."""
        context, asked = self._context, self._asked
        sights = list(latest(context.store.captures(cluster, asked.since, asked.until)))
        captures = [each[-1] for each in sights]
        self.captures += len(captures)
        before = self._old.said(captures) if self._old else (_recorded(alike) for alike in sights)
        for capture, old, new in zip(captures, before, self.new.said(captures), strict=True):
            for seen in self._evidence(capture, old, new):
                rule, evidence = seen
                self.tallies.setdefault(rule, Tally()).take(evidence)

    def _evidence(self, capture: Capture, old: Said, new: Said) -> Iterator[tuple[str, Evidence]]:
        size = len(new)
        for who in {**old, **new}:
            if not self._asked.has_subject(who):
                continue
            before = {each.rule: each for each in old.get(who, ())}
            after = {each.rule: each for each in new.get(who, ())}
            for rule in self._both(before, after):
                waiver = self._waiver(capture, who, after[rule]) if rule in after else None
                old_status, new_status = (
                    each[rule].status if rule in each else None for each in (before, after)
                )
                yield rule, Evidence(capture, who, old_status, new_status, size, waiver)

    def _both(self, before: Mapping[str, Verdict], after: Mapping[str, Verdict]) -> Sequence[str]:
        """Name the rules to compare: of recorded verdicts only those of rules that are tried."""
        if self._old is None:
            return list(after)
        return list({**before, **after})

    def _waiver(self, capture: Capture, who: Who, verdict: Verdict) -> str | None:
        """Name the waiver that would have covered a failure on its day."""
        if verdict.status is not Status.FAIL:
            return None
        waivers = (*self._waivers(capture.run), *self._policy.waivers)
        if not waivers:
            return None
        subject = Subject(
            *(who.name, who.scope, "", "", (verdict,)),
            cluster=capture.cluster,
            labels=self._labels(capture.snapshot).get(who, {}) if select_by_label(waivers) else {},
        )
        waiving = Waiving(waivers, self._policy.rules, capture.at)
        return waiving.apply(subject).verdicts[0].waiver

    def _labels_in(self, snapshot: str) -> Mapping[Who, Mapping[str, str]]:
        seen = self._context.store.snapshot(snapshot)
        nodes = {Who(Scope.NODE, each.name): each.labels for each in node_facts(seen, "")}
        cluster = cluster_facts(seen, "")
        return {Who(Scope.CLUSTER, cluster.name): cluster.labels, **nodes}


def _recorded(alike: Sequence[Capture]) -> Said:
    """Give what was recorded at one time: what was recorded later goes before."""
    if len(alike) == 1:
        return alike[0].said
    found: dict[Who, dict[str, Verdict]] = {}
    for capture in alike:
        for who, verdicts in capture.said.items():
            found.setdefault(who, {}).update((each.rule, each) for each in verdicts)
    return {who: tuple(verdicts.values()) for who, verdicts in found.items()}


def requested(request: PolicyRequest, packs: Sequence[str]) -> PolicyRequest:
    """Give the same choice of rules from other packs."""
    return replace(request, packs=tuple(packs), waivers=())
