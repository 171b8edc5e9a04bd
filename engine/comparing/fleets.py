"""Grouping a fleet into classes of identical configuration, without comparing every pair.

Nodes are grouped by the digest of what counts of a subtype; each class is then compared once, with
the largest one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from eidos.engine.comparing.ignoring import Sieve, whole
from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.normal import comparable
from eidos.engine.comparing.values import differences
from eidos.engine.digest import digest
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
from eidos.engine.model.snapshot import Node, facts_of


class Fleet:
    """Takes nodes one by one and remembers one of each kind.

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
        self._names: list[str] = []
        self._samples: dict[tuple[FactAddress, str], Json] = {}
        self._members: dict[FactAddress, dict[str, list[str]]] = {}
        self._counting: dict[tuple[FactAddress, str], str] = {}

    def add(self, nodes: Iterable[Node]) -> None:
        """Take nodes in; of facts seen before only the name is kept."""
        for node in nodes:
            self._names.append(node.name)
            for address, data in facts_of(node.measurements).items():
                if self._sieve.hides(whole(address)) is None:
                    self._sort(address, node.name, data)

    def _sort(self, address: FactAddress, node: str, data: Mapping[str, Json]) -> None:
        exact = digest(data)
        if (address, exact) not in self._counting:
            counting = self._pruned(
                address, (), comparable(address, data, data, same_machine=False)
            )
            self._counting[address, exact] = digest(counting)
            self._samples.setdefault((address, self._counting[address, exact]), counting)
        group = self._members.setdefault(address, {})
        group.setdefault(self._counting[address, exact], []).append(node)

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
        found = tuple(self._classes(address) for address in sorted(self._members))
        return Matrix(len(self._names), found)

    def _classes(self, address: FactAddress) -> SubtypeClasses:
        groups = sorted(
            self._members[address].items(), key=lambda group: (-len(group[1]), group[0])
        )
        reference = self._samples[address, groups[0][0]]
        classes = tuple(
            AlikeClass(tuple(names), tuple(self._changes(address, reference, counting)))
            for counting, names in groups
        )
        present = {name for names in self._members[address].values() for name in names}
        lacking = tuple(name for name in self._names if name not in present)
        return SubtypeClasses(address, classes, lacking)

    def _changes(self, address: FactAddress, reference: Json, counting: str) -> Iterable[Change]:
        for path, kind, before, after in differences(reference, self._samples[address, counting]):
            change = Change(address, path, kind, before, after)
            yield replace(change, level=self._levels.of(change))
