"""Grouping a fleet into classes of identical configuration, without comparing every pair.

Nodes are grouped, and clusters beside them, by the digest of what counts of a subtype; each class
is then compared once, with the largest one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from eidos.engine.comparing.ignoring import Sieve, whole
from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.normal import comparable, namings
from eidos.engine.comparing.values import Namings, differences
from eidos.engine.digest import canonical, digest
from eidos.engine.model.drift import (
    AlikeClass,
    Change,
    ChangeKind,
    IgnoreRule,
    Matrix,
    Path,
    SubtypeClasses,
)
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import Measurement, Snapshot, facts_of


class Fleet:
    """Takes snapshots one by one and remembers one of each kind of node and cluster.

    Args:
        ignores: what does not count.
        now: rule time, with zone; ignore rules expire by it.
        levels: rows asked before the shipped table of levels.
    """

    def __init__(
        self, ignores: Sequence[IgnoreRule], now: datetime, levels: Sequence[LevelRule] = ()
    ) -> None:
        self._sieve = Sieve([rule for rule in ignores if rule.node == "*"], now)
        self._levels = Levels(levels)
        self._names: dict[Scope, list[str]] = {Scope.CLUSTER: [], Scope.NODE: []}
        self._samples: dict[tuple[FactAddress, str], Json] = {}
        self._members: dict[_Group, dict[str, list[str]]] = {}
        self._counting: dict[tuple[FactAddress, str], str] = {}

    def add(self, snapshot: Snapshot, name: str) -> None:
        """Take in the nodes of a snapshot and its cluster; of facts seen before only names stay.

        Args:
            snapshot: one that holds no facts about its cluster is no cluster here: a node that was
                seen alone says nothing of the cluster it is in.
            name: what the cluster is called where it does not say so itself, or where another one
                of its name is there.
        """
        if snapshot.measurements:
            known = snapshot.metadata.cluster
            is_new = known is not None and known not in self._names[Scope.CLUSTER]
            called = known if known is not None and is_new else name
            self._take(Scope.CLUSTER, called, snapshot.measurements)
        for node in snapshot.nodes:
            self._take(Scope.NODE, node.name, node.measurements)

    def _take(self, scope: Scope, name: str, measurements: Iterable[Measurement]) -> None:
        self._names[scope].append(name)
        for address, data in facts_of(measurements).items():
            if self._sieve.hides(whole(address)) is None:
                self._sort(_Group(scope, address), name, data)

    def _sort(self, group: "_Group", name: str, data: Mapping[str, Json]) -> None:
        address, exact = group.address, digest(data)
        if (address, exact) not in self._counting:
            counting = self._pruned(
                address, (), comparable(address, data, data, same_machine=False)
            )
            self._counting[address, exact] = digest(_as_sets(counting, namings(address)))
            self._samples.setdefault((address, self._counting[address, exact]), counting)
        classes = self._members.setdefault(group, {})
        classes.setdefault(self._counting[address, exact], []).append(name)

    def _pruned(self, address: FactAddress, path: Path, value: Json) -> Json:
        """Leave out what an ignore rule hides on every node."""
        if isinstance(value, dict):
            named = ((name, (*path, name), inner) for name, inner in value.items())
            return {
                name: self._pruned(address, at, inner)
                for name, at, inner in named
                if not self._is_hidden(address, at, inner)
            }
        if isinstance(value, list):
            return [self._pruned(address, (*path, at), inner) for at, inner in enumerate(value)]
        return value

    def _is_hidden(self, address: FactAddress, path: Path, value: Json) -> bool:
        change = Change(address, path, ChangeKind.CHANGED, value, value)
        return self._sieve.hides(change) is not None

    def matrix(self) -> Matrix:
        """Give the classes of every subtype."""
        found = tuple(self._classes(group) for group in sorted(self._members))
        clusters, nodes = (len(self._names[scope]) for scope in (Scope.CLUSTER, Scope.NODE))
        return Matrix(nodes, clusters, found)

    def _classes(self, group: "_Group") -> SubtypeClasses:
        address = group.address
        classes = sorted(self._members[group].items(), key=lambda each: (-len(each[1]), each[0]))
        reference = self._samples[address, classes[0][0]]
        alike = tuple(
            AlikeClass(tuple(names), tuple(self._changes(address, reference, counting)))
            for counting, names in classes
        )
        present = {name for names in self._members[group].values() for name in names}
        lacking = tuple(name for name in self._names[group.scope] if name not in present)
        return SubtypeClasses(address, alike, lacking, group.scope)

    def _changes(self, address: FactAddress, reference: Json, counting: str) -> Iterable[Change]:
        sample = self._samples[address, counting]
        for found in differences(reference, sample, namings(address)):
            change = Change(address, found.path, found.kind, found.before, found.after)
            yield replace(change, level=self._levels.of(change))


class _Group(NamedTuple):
    """Facts of one kind of member."""

    scope: Scope
    address: FactAddress


def _as_sets(value: Json, known: Namings, path: Path = ()) -> Json:
    """Write what means the same in one way: lists whose entries have names in order, 1.0 as 1."""
    if isinstance(value, dict):
        return {name: _as_sets(inner, known, (*path, name)) for name, inner in value.items()}
    if isinstance(value, list):
        entries = [_as_sets(inner, known, (*path, at)) for at, inner in enumerate(value)]
        return sorted(entries, key=canonical) if path in known else entries
    return int(value) if isinstance(value, float) and value.is_integer() else value
