"""``eidos history why``: what made a verdict change."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from eidos.engine.app.context import Context
from eidos.engine.app.past import captures_of, clusters, latest, window
from eidos.engine.digest import canonical
from eidos.engine.errors import UsageError
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.projecting import NODE_NAME
from eidos.engine.evaluating.subjects import SubjectFacts, cluster_facts, node_facts
from eidos.engine.evaluating.waiving import Waiving
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.history import Capture, Ingredient, Swapped, Turn, Who, Why, Window
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.model.waiver import Waiver, WaiverState
from eidos.engine.records import dataclass
from eidos.engine.replaying.blaming import Swap, causes, first_after, run_of

if TYPE_CHECKING:
    from eidos.engine.model.snapshot import Facts

_SECOND = timedelta(seconds=1)
_TRIED = 40
"""Changed facts that are tried one by one; each costs an evaluation."""


def why(cluster: str, rule: str, asked: Window, context: Context) -> Why:
    """Say why the verdict of a rule on a cluster or its nodes changed last.

    Args:
        cluster: its name.
        rule: id of the rule.
        asked: the time, and the nodes.
        context: what is open.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded about the cluster, or the rule was not asked there.
    """
    asked = window(replace(asked, clusters=(cluster,)), context)
    (name, *_) = clusters(asked, context)
    captures = [each[-1] for each in latest(_with_rule(rule, name, asked, context))]
    if not captures:
        known = sorted(_rules(context.store.captures(name)))
        raise UsageError(
            f"the rule {rule!r} was not asked on {name} in that time",
            hint=nearest(rule, known) if rule not in known else "Reach further back with --since.",
        )
    asking = _Asking(rule, context)
    turns, steady = [], []
    for who in dict.fromkeys(who for each in captures for who in each.said):
        sights = _sights(who, rule, captures) if asked.has_subject(who) else []
        last = next((i for i in range(len(sights) - 1, 0, -1) if _turned(sights, i)), None)
        if last is not None:
            turns.append(asking.turn(who, sights[: last + 1]))
        elif sights:
            steady.append((who, sights[0].verdict.status, sights[0].capture.at))
    turns.sort(key=lambda turn: (-turn.after.at.timestamp(), turn.who))
    return Why(asked, name, rule, tuple(turns), tuple(sorted(steady)))


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a rule said of a subject at one time."""

    capture: Capture
    verdict: Verdict


def _with_rule(rule: str, cluster: str, asked: Window, context: Context) -> Iterator[Capture]:
    """Give the captures at which the rule was asked of anything."""
    known: dict[int, bool] = {}
    for each in captures_of(cluster, context, asked.since, asked.until):
        if id(each.said) not in known:
            known[id(each.said)] = any(
                verdict.rule == rule for said in each.said.values() for verdict in said
            )
        if known[id(each.said)]:
            yield each


def _rules(captures: Sequence[Capture]) -> set[str]:
    said = {id(each.said): each.said for each in captures}
    return {v.rule for each in said.values() for verdicts in each.values() for v in verdicts}


def _sights(who: Who, rule: str, captures: Sequence[Capture]) -> list[_Sight]:
    return [
        _Sight(capture, verdict)
        for capture in captures
        for verdict in capture.said.get(who, ())
        if verdict.rule == rule
    ]


def _turned(sights: Sequence[_Sight], index: int) -> bool:
    return sights[index].verdict.status is not sights[index - 1].verdict.status


@dataclass(frozen=True, slots=True)
class _Side:
    """Everything that a recorded verdict was made of."""

    facts: SubjectFacts
    rule: Rule
    policy: Policy


class _Asking:
    """Asks one rule what it would say, had only some of it changed."""

    def __init__(self, rule: str, context: Context) -> None:
        self._rule = rule
        self._context = context
        self._policy = cache(context.store.policy_of_run)
        self._snapshot = cache(context.store.snapshot)

    def turn(self, who: Who, sights: Sequence[_Sight]) -> Turn:
        """Say why the last of these verdicts is not the one before it."""
        before, after = sights[-2:]
        old, new = self._side(who, before.capture), self._side(who, after.capture)
        asked = _Swapping(old, new, self._context)
        found = causes(asked.differing, asked.status, before.verdict.status, after.verdict.status)
        moment = None
        if found and not any(Ingredient.STATE in each for each in found):
            moment = self._moment(asked, after.verdict.status)
        is_by_waiver = any(Ingredient.WAIVER in each for each in found)
        since = self._otherwise(who, sights, new) if is_by_waiver else None
        return Turn(
            cluster=after.capture.cluster,
            who=who,
            rule=self._rule,
            before=before.capture,
            after=after.capture,
            old=before.verdict,
            new=after.verdict,
            causes=found,
            parts=asked.parts(after.verdict.status),
            moment=moment,
            otherwise=sights[since].capture.at if since is not None else None,
            is_exact=since != 0,
        )

    def _side(self, who: Who, capture: Capture) -> _Side:
        policy = self._policy(capture.run)
        seen = self._snapshot(capture.snapshot)
        if who.scope is Scope.CLUSTER:
            facts = cluster_facts(seen, capture.run)
        else:
            (facts,) = (each for each in node_facts(seen, capture.run) if each.name == who.name)
        rule = next(each for each in policy.rules if each.id == self._rule)
        # Of clusters that are alike, the store gives the one captured last.
        named = replace(facts, cluster=capture.cluster, generator=capture.generator)
        return _Side(replace(named, name=who.name), rule, policy)

    def _moment(self, asked: "_Swapping", after: Status) -> datetime | None:
        """Find the second of rule time at which it turned, where time alone turns it."""
        old, new = asked.effective
        if old >= new or asked.at(old) is after or asked.at(new) is not after:
            return None
        return first_after(old, new, lambda moment: asked.at(moment) is after, _SECOND)

    def _otherwise(self, who: Who, sights: Sequence[_Sight], new: _Side) -> int | None:
        """Find the sight from which on the rule of after says what it said raw after."""
        wanted = _Swapping(new, new, self._context).raw(new.facts)
        if wanted is not sights[-1].verdict.status:
            return None

        def is_so(sight: _Sight) -> bool:
            facts = self._side(who, sight.capture).facts
            return _Swapping(new, new, self._context).raw(facts) is wanted

        return run_of(sights, is_so)


class _Swapping:
    """A verdict with ingredients from either side."""

    def __init__(self, old: _Side, new: _Side, context: Context) -> None:
        self._old = old
        self._new = new
        self._context = context
        self.effective = old.policy.effective, new.policy.effective
        """Rule time of both sides."""

    @property
    def differing(self) -> list[Ingredient]:
        """What is not the same on both sides, as far as it can bear on the verdict."""
        old, new = self._old, self._new
        days = {moment.date() for moment in self.effective}
        differs = {
            Ingredient.STATE: old.facts.digest != new.facts.digest
            or old.facts.generator != new.facts.generator,
            Ingredient.POLICY: old.rule.digest != new.rule.digest,
            Ingredient.PARAMETERS: canonical(old.rule.params) != canonical(new.rule.params),
            Ingredient.WAIVER: bool(_waivers(old) or _waivers(new)),
            Ingredient.DATE: (old.rule.reads_time or new.rule.reads_time) and len(days) > 1,
        }
        return [each for each, is_other in differs.items() if is_other]

    def status(self, swap: Swap) -> Status:
        """Give the verdict with these ingredients from after."""
        facts = self._side(Ingredient.STATE in swap).facts
        return self._status(facts, swap, self._side(Ingredient.WAIVER in swap).policy.effective)

    def at(self, moment: datetime) -> Status:
        """Give the verdict of after at another rule time."""
        return self._status(self._new.facts, frozenset(Ingredient), moment, moment)

    def raw(self, facts: SubjectFacts) -> Status:
        """Give what the rule of after says of facts, whatever is waived."""
        return self._verdict(facts, self._new.rule, self._new.policy.effective).status

    def _status(
        self,
        facts: SubjectFacts,
        swap: Swap,
        waived_at: datetime,
        asked_at: datetime | None = None,
    ) -> Status:
        rule = self._side(Ingredient.POLICY in swap).rule
        chosen = self._side(Ingredient.PARAMETERS in swap).rule.params
        params = {name: chosen.get(name, value) for name, value in rule.params.items()}
        day = asked_at or self._side(Ingredient.DATE in swap).policy.effective
        verdict = self._verdict(facts, replace(rule, params=params), day)
        waivers = _waivers(self._side(Ingredient.WAIVER in swap))
        subject = Subject(
            *(facts.name, facts.scope, "", "", (verdict,)),
            cluster=facts.cluster,
            labels=facts.labels,
        )
        return Waiving(waivers, [rule], waived_at).apply(subject).verdicts[0].status

    def _verdict(self, facts: SubjectFacts, rule: Rule, day: datetime) -> Verdict:
        context = self._context
        judge = Judge([rule], context.engine, context.recollection, day)
        return judge.ask([(rule, facts)])[0]

    def _side(self, is_new: bool) -> _Side:  # noqa: FBT001 -- one of two
        return self._new if is_new else self._old

    def parts(self, after: Status) -> dict[Ingredient, tuple[Swapped, ...]]:
        """Give what of each ingredient is not what it was."""
        tell: dict[Ingredient, Callable[[], Iterator[Swapped]]] = {
            Ingredient.STATE: lambda: self._facts(after),
            Ingredient.POLICY: self._packs,
            Ingredient.PARAMETERS: self._params,
            Ingredient.WAIVER: self._waivers,
            Ingredient.DATE: self._days,
        }
        return {each: tuple(tell[each]()) for each in self.differing}

    def _days(self) -> Iterator[Swapped]:
        old, new = (moment.date().isoformat() for moment in self.effective)
        yield Swapped("day", old, new)

    def _packs(self) -> Iterator[Swapped]:
        old, new = (
            ", ".join(f"{pack.name} {pack.version}" for pack in side.policy.packs)
            for side in (self._old, self._new)
        )
        yield Swapped(self._new.rule.id, old, new)

    def _params(self) -> Iterator[Swapped]:
        old, new = self._old.rule.params, self._new.rule.params
        for name in sorted({*old, *new}):
            if canonical(old.get(name)) != canonical(new.get(name)):
                yield Swapped(name, old.get(name), new.get(name))

    def _waivers(self) -> Iterator[Swapped]:
        old, new = (_in_force(side) for side in (self._old, self._new))
        given = {each.id for each in self._new.policy.waivers}
        for name, waiver in sorted({**new, **old}.items()):
            if name in old and name not in new:
                ended = _ended(waiver, self.effective[1]) if name in given else "withdrawn"
                yield Swapped(name, "in force", None, note=ended)
            elif name in new and name not in old:
                yield Swapped(name, None, "in force", note="granted")

    def _facts(self, after: Status) -> Iterator[Swapped]:
        """Give the declared facts that changed; each is tried alone on what was."""
        old, new = self._old.facts, self._new.facts
        changed = sorted(_changed(self._new.rule, old, new), key=lambda each: each.name)
        for each in changed[:_TRIED]:
            facts = _with(old, new, each)
            status = self._status(facts, frozenset(), self.effective[0])
            yield Swapped(each.name, each.before, each.after, is_enough=status is after)


@dataclass(frozen=True, slots=True)
class _ChangedFact:
    """One key of a subtype that differs."""

    name: str
    before: Json
    after: Json
    node: str | None
    """The node, in what a cluster sees of its nodes."""
    whole: FactAddress
    key: str


def _changed(rule: Rule, old: SubjectFacts, new: SubjectFacts) -> Iterator[_ChangedFact]:
    for path in dict.fromkeys((*rule.requires, *rule.reads)):
        if path == NODE_NAME:
            continue
        nodes: Sequence[str | None] = (
            sorted({*old.nodes, *new.nodes}) if path.every_node else [None]
        )
        for node in nodes:
            sides = [_data(each, node, path.whole) for each in (old, new)]
            for key in [path.key] if path.key else sorted({*sides[0], *sides[1]}):
                before, after = (side.get(key) for side in sides)
                if canonical(before) != canonical(after):
                    name = str(path.whole.at(key))
                    called = f"nodes.{node}.{name}" if node else name
                    yield _ChangedFact(called, before, after, node, path.whole, key)


def _data(facts: SubjectFacts, node: str | None, whole: FactAddress) -> Mapping[str, Json]:
    return (facts.facts if node is None else facts.nodes.get(node, {})).get(whole, {})


def _with(old: SubjectFacts, new: SubjectFacts, change: _ChangedFact) -> SubjectFacts:
    """Give the subject as it was, but for one fact."""
    data = {**_data(old, change.node, change.whole)}
    data.pop(change.key, None)
    now = _data(new, change.node, change.whole)
    data |= {change.key: now[change.key]} if change.key in now else {}
    if change.node is None:
        return replace(old, facts={**old.facts, change.whole: data})
    nodes: dict[str, Facts] = {**old.nodes}
    nodes[change.node] = {**nodes.get(change.node, {}), change.whole: data}
    return replace(old, nodes=nodes)


def _waivers(side: _Side) -> tuple[Waiver, ...]:
    rule = side.rule
    return tuple(e for e in side.policy.waivers if e.rule == rule.id or e.tag in rule.labels)


def _ended(waiver: Waiver, at: datetime) -> str:
    if waiver.revoked is not None and waiver.revoked.at <= at:
        return f"revoked {waiver.revoked.at:%Y-%m-%d}"
    return f"expired {waiver.until:%Y-%m-%d}"


def _in_force(side: _Side) -> dict[str, Waiver]:
    moment = side.policy.effective
    return {each.id: each for each in _waivers(side) if each.state(moment) is WaiverState.ACTIVE}
