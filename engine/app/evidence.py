"""What policy says of drift: which verdicts differ, and which changes are behind each.

A verdict that differs is asked again about what would be: the baseline with only some of the
changes made. That costs a question each, and says what reading the rule could not.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from eidos.engine.app.context import Context
from eidos.engine.app.judging import Judging
from eidos.engine.app.reader import Item
from eidos.engine.comparing.causing import Asked, Search, Swap, search_all
from eidos.engine.comparing.ranking import alarm
from eidos.engine.comparing.swapping import swapped, undone
from eidos.engine.digest import canonical
from eidos.engine.errors import Problem
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.subjects import SubjectFacts, cluster_facts, node_facts
from eidos.engine.model.drift import (
    Change,
    Explained,
    Flip,
    FlipCause,
    NodeFlip,
)
from eidos.engine.model.facts import FactAddress, split_path
from eidos.engine.model.policy import Policy
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.snapshot import Facts, facts_of
from eidos.engine.model.verdict import Finding, Status, Verdict

_Verdicts = Mapping[str | None, Mapping[str, Verdict]]
"""By node name (None for the cluster) and rule."""
_HELD = frozenset({Status.FAIL, Status.WARN})
"""Verdicts that hold something against a subject."""
_Alike = tuple[Change, ...]
"""One change, which may be of many nodes: it is made on all of them or on none."""
_SUBTYPE = 2
"""Segments that name a subtype, which says nothing about which of its facts did it."""


@dataclass(frozen=True, slots=True)
class Differing:
    """What differs between two items, as far as it bears on verdicts."""

    before: Item
    after: Item
    old_names: Mapping[str | None, str | None]
    """Name of a node to its name in the baseline."""
    changes: tuple[Change, ...]
    """What is told, and then what is ignored."""
    told: int
    """How many of the changes are told."""
    nodes_moved: bool
    """Nodes came or went."""


class Evidence:
    """Judges both sides of a comparison, as ``eidos check`` judges each.

    Args:
        policy: what judges.
        context: what is open.
    """

    def __init__(self, policy: Policy, context: Context) -> None:
        self.rules: tuple[Rule, ...] = policy.rules
        self._by_id = {rule.id: rule for rule in policy.rules}
        self._policy = policy
        self._context = context
        self._baseline: _Verdicts | None = None

    def flips(self, found: Differing) -> tuple[NodeFlip, ...]:
        """Give the verdicts that differ, and why.

        Args:
            found: what differs; its baseline is the same one in every call.
        """
        every = list(self._pairs(found))
        differ = [pair for pair in every if pair.old.status is not pair.new.status]
        causes = _Causes(found, self._ask, back=False)
        alike = (pair for pair in every if pair.old.status is pair.new.status)
        return (*causes.of(differ), *filter(None, map(causes.worsened, alike)))

    def explain(self, found: Differing, rule: str) -> tuple[Explained, ...]:
        """Give what a rule says of both sides; where that differs also why, and what undoes it.

        Args:
            found: what differs.
            rule: id of one of `rules`.
        """
        pairs = [pair for pair in self._pairs(found) if pair.rule.id == rule]
        differ = [pair for pair in pairs if pair.old.status is not pair.new.status]
        there = iter(_Causes(found, self._ask, back=False).of(differ))
        back = iter(_Causes(found, self._ask, back=True).of(differ))
        return tuple(
            Explained(pair.node, pair.old, pair.new, next(there), next(back).sets)
            if pair.old.status is not pair.new.status
            else Explained(pair.node, pair.old, pair.new)
            for pair in pairs
        )

    @cached_property
    def _judging(self) -> Judging:
        return Judging(self._policy, self._context.engine, self._context.memo)

    @cached_property
    def _judge(self) -> Judge:
        context = self._context
        return Judge(self.rules, context.engine, context.memo, self._policy.effective)

    def _ask(self, pairs: Sequence[tuple[Rule, SubjectFacts]]) -> list[Verdict]:
        return self._judge.ask(pairs)

    def _pairs(self, found: Differing) -> "Iterator[_Pair]":
        """Give what every rule says of every subject of both sides."""
        if self._baseline is None:
            self._baseline = self._verdicts(found.before)
        for node, verdicts in self._verdicts(found.after).items():
            before = self._baseline.get(found.old_names.get(node, node), {})
            for rule, verdict in verdicts.items():
                if rule in before:
                    yield _Pair(node, self._by_id[rule], before[rule], verdict)

    def _verdicts(self, side: Item) -> _Verdicts:
        (judged,) = self._judging.judge([side])
        assert not isinstance(judged, Problem)  # noqa: S101 -- both sides were read as snapshots
        found: dict[str | None, dict[str, Verdict]] = {}
        for subject in judged.subjects:
            name = subject.name if subject.scope is Scope.NODE else None
            found.setdefault(name, {}).update({each.rule: each for each in subject.verdicts})
        return found


@dataclass(frozen=True, slots=True)
class _Pair:
    """What one rule says of one subject, on both sides."""

    node: str | None
    rule: Rule
    old: Verdict
    new: Verdict

    @property
    def flip(self) -> Flip:
        level = alarm(self.old.status, self.new.status, self.rule.severity, self.new.enforcement)
        return Flip(self.rule.id, self.old.status, self.new.status, level)


@dataclass(frozen=True, slots=True)
class _Question:
    """A search, and what it is about."""

    pair: _Pair
    base: SubjectFacts
    other: SubjectFacts
    changes: tuple[_Alike, ...]
    wanted: Status
    """What the rule says once enough of the changes are made."""


class _Causes:
    """Finds the changes behind verdicts that differ.

    Args:
        found: what differs.
        ask: gives verdicts.
        back: look for what would be enough to undo, on the current side; else for what was enough,
            on the baseline's.
    """

    def __init__(
        self,
        found: Differing,
        ask: Callable[[Sequence[tuple[Rule, SubjectFacts]]], list[Verdict]],
        *,
        back: bool,
    ) -> None:
        self._found = found
        self._ask = ask
        self._back = back
        self._by_node: dict[str | None, list[Change]] = {}
        for change in found.changes:
            self._by_node.setdefault(change.node, []).append(change)
        self._numbers = {id(change): number for number, change in enumerate(found.changes)}

    @cached_property
    def _before(self) -> Mapping[str | None, SubjectFacts]:
        return _subjects(self._found.before)

    @cached_property
    def _after(self) -> Mapping[str | None, SubjectFacts]:
        return _subjects(self._found.after)

    @cached_property
    def _own(self) -> Mapping[str, Collection[FactAddress]]:
        """The subtypes that each node has itself."""
        nodes = self._found.after.snapshot.snapshot.nodes
        return {node.name: facts_of(node.measurements).keys() for node in nodes}

    def of(self, pairs: Sequence[_Pair]) -> Iterator[NodeFlip]:
        """Give each pair with its cause, in order; alike nodes are searched once."""
        questions: dict[object, _Question] = {}
        searches: dict[object, Search] = {}
        keys: list[object] = []
        for pair in pairs:
            changes = _alike(self._candidates(pair))
            key = _likeness(pair, changes)
            keys.append(key)
            if key not in questions and _raw(pair.old) is not _raw(pair.new):
                questions[key] = self._question(pair, changes)
                searches[key] = Search(len(changes), _likely(pair, changes))
        search_all(searches, lambda asked: self._answer(questions, asked))
        for pair, key in zip(pairs, keys, strict=True):
            yield self._told(pair, searches.get(key))

    def worsened(self, pair: _Pair) -> NodeFlip | None:
        """Give what a rule has to say more of a subject that it held against before, too.

        Its findings say themselves which facts they are about; nothing is asked again.
        """
        if pair.new.status not in _HELD or pair.old.findings == pair.new.findings:
            return None
        known = {finding.msg for finding in pair.old.findings}
        fresh = [finding for finding in pair.new.findings if finding.msg not in known]
        old, named = _named(pair.old.findings), _named(fresh)
        changes = [
            change
            for change in self._candidates(pair)
            if self._is_told(change)
            and _is_in(change, change.after_at, named)
            and not _is_in(change, change.before_at, old)  # which is bad in another way now
        ]
        if not changes:
            return None
        sets = tuple((change,) for change in changes)
        return NodeFlip(pair.node, pair.flip, FlipCause.CHANGE, sets)

    def _candidates(self, pair: _Pair) -> Iterator[Change]:
        """Give the changes that the rule can see."""
        declared: dict[tuple[FactAddress, bool], set[str | None]] = {}
        for path in (*pair.rule.requires, *pair.rule.reads):
            declared.setdefault((path.whole, path.every_node), set()).add(path.key)
        for change in self._in_sight(pair.node):
            of_others = pair.node is None and change.node is not None
            keys = declared.get((change.address.whole, of_others), ())
            if None in keys or (change.path and str(change.path[0]) in keys):
                yield change

    def _in_sight(self, node: str | None) -> Iterable[Change]:
        """Give changes of a node's own facts, and of the cluster's where it has none of its own."""
        if node is None:
            return self._found.changes
        own = self._own.get(node, ())
        shared = (
            change for change in self._by_node.get(None, ()) if change.address.whole not in own
        )
        return [*shared, *self._by_node.get(node, ())]

    def _question(self, pair: _Pair, changes: tuple[_Alike, ...]) -> _Question:
        before = self._before[self._found.old_names.get(pair.node, pair.node)]
        after = self._after[pair.node]
        if self._back:
            return _Question(
                pair,
                after,
                before,
                tuple(tuple(map(undone, each)) for each in changes),
                _raw(pair.old),
            )
        # The name is no change of a fact; who reads it sees the same one throughout.
        return _Question(pair, replace(before, name=after.name), after, changes, _raw(pair.new))

    def _answer(
        self, questions: Mapping[object, _Question], asked: Sequence[Asked[object]]
    ) -> list[bool]:
        pairs = [
            (questions[each.key].pair.rule, self._what_if(questions[each.key], each.swap))
            for each in asked
        ]
        verdicts = self._ask(pairs)
        return [
            verdict.status is questions[each.key].wanted
            for each, verdict in zip(asked, verdicts, strict=True)
        ]

    def _what_if(self, question: _Question, swap: Swap) -> SubjectFacts:
        """Give the subject as it would be with some of the changes made."""
        base, other = question.base, question.other
        grouped: dict[tuple[str | None, FactAddress], list[Change]] = {}
        for change in _flat(question.changes, swap):
            node = change.node if question.pair.node is None else None
            grouped.setdefault((node, change.address.whole), []).append(change)
        facts = dict(base.facts)
        nodes: dict[str, Facts] = dict(base.nodes)
        for (node, whole), changes in grouped.items():
            if node is None:
                facts[whole] = swapped(base.facts[whole], other.facts[whole], changes)
            else:
                mine, others = self._names(node)
                data = swapped(base.nodes[mine][whole], other.nodes[others][whole], changes)
                nodes[mine] = {**nodes[mine], whole: data}
        return replace(base, facts=facts, nodes=nodes)

    def _names(self, node: str) -> tuple[str, str]:
        """Give what a node is called where the search starts, and on the other side."""
        old = self._found.old_names.get(node) or node
        return (node, old) if self._back else (old, node)

    def _told(self, pair: _Pair, search: Search | None) -> NodeFlip:
        if search is None:
            return NodeFlip(pair.node, pair.flip, FlipCause.WAIVER)
        changes = _alike(self._candidates(pair))
        sets = [tuple(_flat(changes, found)) for found in search.sets]
        shown = [each for each in sets if all(self._is_told(change) for change in each)]
        if shown:
            return NodeFlip(pair.node, pair.flip, FlipCause.CHANGE, tuple(shown))
        if sets:
            return NodeFlip(pair.node, pair.flip, FlipCause.IGNORED, tuple(sets))
        if not search.is_over:
            nearest = tuple(_flat(changes, search.nearest))
            return NodeFlip(pair.node, pair.flip, FlipCause.UNFINISHED, (nearest,))
        every_node = any(path.every_node for path in (*pair.rule.requires, *pair.rule.reads))
        if every_node and self._found.nodes_moved:
            return NodeFlip(pair.node, pair.flip, FlipCause.NODES)
        return NodeFlip(pair.node, pair.flip, FlipCause.LOST)

    def _is_told(self, change: Change) -> bool:
        return self._numbers[id(change)] < self._found.told


def _subjects(item: Item) -> dict[str | None, SubjectFacts]:
    seen = item.snapshot
    found: dict[str | None, SubjectFacts] = {None: cluster_facts(seen, item.name)}
    return found | {each.name: each for each in node_facts(seen, item.name)}


def _raw(verdict: Verdict) -> Status:
    """Give what the rule said before a waiver was held against it."""
    is_waived = verdict.status is Status.WAIVED or verdict.waiver is not None
    return Status.FAIL if is_waived else verdict.status


def _alike(changes: Iterable[Change]) -> tuple[_Alike, ...]:
    """Bring together what changed alike on several nodes: one driver that was rolled out is one."""
    found: dict[object, list[Change]] = {}
    for change in changes:
        values = canonical([change.before, change.after])
        found.setdefault((change.segments, change.kind, values), []).append(change)
    return tuple(map(tuple, found.values()))


def _flat(changes: Sequence[_Alike], numbers: Swap) -> Iterator[Change]:
    for number in sorted(numbers):
        yield from changes[number]


def _likeness(pair: _Pair, changes: Sequence[_Alike]) -> object:
    """Give what is equal where the rule sees the same on both sides."""
    sides = (pair.old.memo or pair.old.reason, pair.new.memo or pair.new.reason)
    # Without an address of what was asked, only the node itself is like it.
    node = None if pair.old.memo and pair.new.memo else pair.node
    seen = tuple((each[0].segments, each[0].node is None) for each in changes)
    return pair.rule.id, _raw(pair.old), _raw(pair.new), sides, node, seen


def _likely(pair: _Pair, changes: Sequence[_Alike]) -> list[int]:
    """Number the changes that a finding of either side names."""
    old, new = _named(pair.old.findings), _named(pair.new.findings)
    return [
        number
        for number, (change, *_) in enumerate(changes)
        if _is_in(change, change.before_at, old) or _is_in(change, change.after_at, new)
    ]


def _named(findings: Sequence[Finding]) -> frozenset[str]:
    return frozenset(_plain(finding.path) for finding in findings if finding.path)


def _is_in(change: Change, at: tuple[str | int, ...], named: frozenset[str]) -> bool:
    """Say whether a finding names the fact, or something around it or in it."""
    fact = _joined((change.address.type, change.address.subtype, *at))
    return any(
        name.count(".") >= _SUBTYPE
        and (f"{fact}.".startswith(f"{name}.") or f"{name}.".startswith(f"{fact}."))
        for name in named
    )


def _plain(path: str) -> str:
    """Write a path without brackets; a node's own part of it is left out."""
    try:
        segments = split_path(path)
    except ValueError:  # a rule may write what it likes
        return path
    return _joined(segments[_SUBTYPE:] if segments[:1] == ("nodes",) else segments)


def _joined(segments: Sequence[str | int]) -> str:
    return ".".join(map(str, segments))
