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
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Node, subtypes

Key = tuple[str, str]


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
        self._samples: dict[tuple[Key, str], Json] = {}
        self._members: dict[Key, dict[str, list[str]]] = {}
        self._counting: dict[tuple[Key, str], str] = {}

    def add(self, nodes: Iterable[Node]) -> None:
        """Take nodes in; of facts seen before only the name is kept."""
        for node in nodes:
            self._names.append(node.name)
            for kind, subtype in subtypes(node.measurements):
                if self._sieve.hides(whole(None, kind, subtype.name)) is not None:
                    continue
                self._sort((kind, subtype.name), node.name, subtype.data)

    def _sort(self, key: Key, node: str, data: Mapping[str, Json]) -> None:
        exact = digest(data)
        if (key, exact) not in self._counting:
            counting = self._pruned(key, (), comparable(key, data, data, same_machine=False))
            self._counting[key, exact] = digest(counting)
            self._samples.setdefault((key, self._counting[key, exact]), counting)
        group = self._members.setdefault(key, {})
        group.setdefault(self._counting[key, exact], []).append(node)

    def _pruned(self, key: Key, path: Path, value: Json) -> Json:
        """Leave out what an ignore rule hides on every node."""
        if isinstance(value, dict):
            named = ((name, (*path, name), inner) for name, inner in value.items())
            return {
                name: self._pruned(key, at, inner)
                for name, at, inner in named
                if not self._is_hidden(key, at, inner)
            }
        if isinstance(value, list):
            return [self._pruned(key, (*path, at), inner) for at, inner in enumerate(value)]
        return value

    def _is_hidden(self, key: Key, path: Path, value: Json) -> bool:
        change = Change(None, *key, path, ChangeKind.CHANGED, value, value)
        return self._sieve.hides(change) is not None

    def matrix(self) -> Matrix:
        """Give the classes of every subtype."""
        found = tuple(self._classes(key) for key in sorted(self._members))
        return Matrix(len(self._names), found)

    def _classes(self, key: Key) -> SubtypeClasses:
        groups = sorted(self._members[key].items(), key=lambda group: (-len(group[1]), group[0]))
        reference = self._samples[key, groups[0][0]]
        classes = tuple(
            AlikeClass(tuple(names), tuple(self._changes(key, reference, counting)))
            for counting, names in groups
        )
        present = {name for names in self._members[key].values() for name in names}
        lacking = tuple(name for name in self._names if name not in present)
        return SubtypeClasses(*key, classes, lacking)

    def _changes(self, key: Key, reference: Json, counting: str) -> Iterable[Change]:
        for path, kind, before, after in differences(reference, self._samples[key, counting]):
            change = Change(None, *key, path, kind, before, after)
            yield replace(change, level=self._levels.of(change))
