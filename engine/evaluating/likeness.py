"""What a rule can tell subjects apart by, without building its input."""

from collections.abc import Hashable, Mapping, Sequence

from eidos.engine.digest import canonical, digest
from eidos.engine.evaluating.projecting import NODE_NAME
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule, Scope

_ABSENT = object()
_ADDRESSES = 256
"""Of the last subtypes; alike documents share theirs."""


class Likeness:
    """Gives equal keys to subjects that a rule sees alike, and different keys to all others.

    Args:
        rules: what will be asked.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        declared = {rule.id: {*rule.requires, *rule.reads} for rule in rules}
        self._paths = {
            scope: tuple(
                {path for rule in rules if rule.scope is scope for path in declared[rule.id]}
            )
            for scope in Scope
        }
        self._places = {
            rule.id: [self._paths[rule.scope].index(path) for path in declared[rule.id]]
            for rule in rules
        }
        self._wholes = {path: path.whole for paths in self._paths.values() for path in paths}
        self._addresses: dict[int, tuple[Mapping[str, Json], str]] = {}

    def keys(self, subject: SubjectFacts, rules: Sequence[Rule]) -> list[Hashable]:
        """Give one key for each rule, all of the subject's scope."""
        if subject.scope in (Scope.DOCUMENT, Scope.RECIPE):
            return [(rule.id, subject.digest) for rule in rules]
        seen = [self._seen(path, subject) for path in self._paths[subject.scope]]
        gaps = tuple(
            (gap.type, gap.subtype, gap.status, gap.reason, gap.keys) for gap in subject.collection
        )
        return [(rule.id, gaps, *[seen[at] for at in self._places[rule.id]]) for rule in rules]

    def _seen(self, path: FactAddress, subject: SubjectFacts) -> Hashable:
        if path == NODE_NAME:
            return subject.name
        if path.every_node:  # it sees the names of the nodes, too
            return subject.digest
        data = subject.facts.get(self._wholes[path])
        if data is None:
            return None
        if path.key is None:
            return self._address(data)
        value = data.get(path.key, _ABSENT)
        if isinstance(value, str) or value is _ABSENT:
            return value
        return type(value), canonical(value)

    def _address(self, data: Mapping[str, Json]) -> str:
        """Give the address of a subtype; it is kept alive while it is known by its identity."""
        known = self._addresses.get(id(data))
        if known is None:
            if len(self._addresses) >= _ADDRESSES:
                self._addresses.clear()
            known = self._addresses[id(data)] = data, digest(data)
        return known[1]
