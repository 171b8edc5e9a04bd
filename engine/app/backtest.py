"""``eidos policy backtest``: what would this policy have said of the past?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from eidos.engine.app.context import Context
from eidos.engine.app.past import Rejudging, captures_of, clusters, latest, window
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.errors import UsageError
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.evaluating.waiving import Waiving
from eidos.engine.model.history import BackTest, Capture, Said, Who, Window
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Scope
from eidos.engine.records import dataclass
from eidos.engine.replaying.backtesting import Evidence, Statuses, Tally

if TYPE_CHECKING:
    from eidos.engine.model.verdict import Verdict

_REMEMBERED = 50_000
"""Comparisons of a rule that are kept in memory, some hundred bytes each."""
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
        UsageError: nothing is recorded about what is asked about, or there is no such rule or pack.
    """
    asked = window(request.asked, context)
    new, old = _resolved(request, context)
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
        relaxations=new.relaxations,
    )


def _resolved(request: BackTestRequest, context: Context) -> tuple[Policy, Policy | None]:
    """Resolve both sides; what is chosen or left out may be of one of them only."""
    new, old = request.policy, request.against
    if old is None:
        return resolve(new, context), None
    return (
        resolve(replace(new, beside=old.packs), context),
        resolve(replace(old, beside=new.packs), context),
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
        self._compared: dict[tuple[int, int], tuple[Said, Said, Mapping[str, Evidence]]] = {}
        self._labels = lru_cache(_SNAPSHOTS)(self._labels_in)

    def take(self, cluster: str) -> None:
        """Take all that was seen of a cluster."""
        context, asked = self._context, self._asked
        sights = list(latest(captures_of(cluster, context, asked.since, asked.until)))
        captures = [each[-1] for each in sights]
        self.captures += len(captures)
        before = self._old.said(captures) if self._old else (_recorded(alike) for alike in sights)
        for capture, old, new in zip(captures, before, self.new.said(captures), strict=True):
            waiving = self._waiving(capture)
            for rule, evidence in self._evidence(old, new).items():
                waived = self._waived(rule, evidence, new, capture, waiving) if waiving else {}
                self.tallies.setdefault(rule, Tally()).take(capture, evidence, waived)

    def _evidence(self, old: Said, new: Said) -> Mapping[str, Evidence]:
        """Give what both say, by rule; of what is said again it is the same object."""
        key = id(old), id(new)
        if key not in self._compared:
            if len(self._compared) * len(self._ids) > _REMEMBERED:
                self._compared.clear()
            self._compared[key] = old, new, self._compare(old, new)
        return self._compared[key][2]

    def _compare(self, old: Said, new: Said) -> Mapping[str, Evidence]:
        said: dict[str, dict[Who, Statuses]] = {}
        for who in {**old, **new}:
            if not self._asked.has_subject(who):
                continue
            before = {each.rule: each.status for each in old.get(who, ())}
            after = {each.rule: each.status for each in new.get(who, ())}
            # Of recorded verdicts only those of rules that are tried.
            for rule in after if self._old is None else {**before, **after}:
                said.setdefault(rule, {})[who] = before.get(rule), after.get(rule)
        return {rule: Evidence(each, len(new)) for rule, each in said.items()}

    def _waiving(self, capture: Capture) -> Waiving | None:
        """Give the waivers of the run, and of who asks, on the day of a sight."""
        waivers = (*capture.waivers, *self._policy.waivers)
        return Waiving(waivers, self._policy.rules, capture.at) if waivers else None

    def _waived(
        self, rule: str, evidence: Evidence, new: Said, capture: Capture, waiving: Waiving
    ) -> dict[Who, str]:
        """Name the waiver that would have covered each failure of a rule on its day."""
        found: dict[Who, str] = {}
        for who in evidence.failing:
            subject = Subject(
                *(who.name, who.scope, "", ""),
                verdicts=tuple(each for each in new[who] if each.rule == rule),
                cluster=capture.cluster,
                labels=self._labels(capture.snapshot).get(who, {}) if waiving.by_label else {},
            )
            waiver = waiving.apply(subject).verdicts[0].waiver
            if waiver is not None:
                found[who] = waiver
        return found

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
