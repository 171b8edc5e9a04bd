"""What a rule can tell subjects apart by, without building its input."""

from collections.abc import Hashable, Iterable, Mapping, Sequence

from eidos.engine.digest import canonical, digest
from eidos.engine.evaluating.projecting import NODE_NAME
from eidos.engine.evaluating.subjects import TOPOLOGY, SubjectFacts
from eidos.engine.model.byidentity import ByIdentity
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.snapshot import Facts
from eidos.engine.vocabulary import vocabulary

_ABSENT = object()
_WHOLE = frozenset({Scope.DOCUMENT, Scope.RECIPE, Scope.BUNDLE, Scope.ADMISSION})
"""Scopes whose subjects are alike only where all of them is."""

Row = tuple[Hashable, ...]
"""All that the rules of a subject's scope can tell it by."""


class Likeness:
    """Gives equal keys to subjects that a rule sees alike, and different keys to all others.

    Args:
        rules: what will be asked.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        declared = {rule.id: looked_at(rule) for rule in rules}
        self._paths = {
            scope: _in_groups(
                {path for rule in rules if rule.scope is scope for path in declared[rule.id]}
            )
            for scope in Scope
        }
        self._places = {
            rule.id: [
                (at, group.index(path))
                for at, group in enumerate(self._paths[rule.scope])
                for path in group
                if path in declared[rule.id]
            ]
            for rule in rules
        }
        self._seen: ByIdentity[Row] = ByIdentity()

    def row(self, subject: SubjectFacts) -> Row:
        """Give what all rules of the subject's scope see of it, in short."""
        if subject.scope in _WHOLE:
            return subject.scope, subject.digest
        gaps = tuple(
            (gap.type, gap.subtype, gap.status, gap.reason, gap.keys) for gap in subject.collection
        )
        groups = [self._group(group, subject) for group in self._paths[subject.scope]]
        return subject.scope, (subject.generator, gaps), *groups

    def keys(self, row: Row, rules: Sequence[Rule]) -> list[Hashable]:
        """Give one key for each rule, all of the scope of the subject that the row is of."""
        scope, gaps, *groups = row
        if scope in _WHOLE:
            return [(rule.id, gaps) for rule in rules]
        return [
            (rule.id, gaps, *[groups[at][place] for at, place in self._places[rule.id]])  # type: ignore[index]
            for rule in rules
        ]

    def _group(self, group: Sequence[FactAddress], subject: SubjectFacts) -> Row:
        first = group[0]
        if first == NODE_NAME:
            return (subject.name,)
        if first.every_node:
            return (self._of_every_node(first, subject),)
        return self._values(group, subject.facts)

    def _of_every_node(self, path: FactAddress, subject: SubjectFacts) -> Row:
        """Tell nodes by their names too, which a rule sees and which gaps name."""
        gaps = tuple(gap.node for gap in subject.collection)
        return gaps, *(
            (name, self._values((path,), facts)) for name, facts in subject.nodes.items()
        )

    def _values(self, group: Sequence[FactAddress], facts: Facts) -> Row:
        data = facts.get(group[0].whole)
        if data is None:
            return (None,) * len(group)
        return self._seen.get(data, lambda: tuple(_value(path, data) for path in group), group)


def looked_at(rule: Rule) -> set[FactAddress]:
    """Give what a rule declares, and what says that there is nothing, or more, it could be of.

    What lists the nodes of a cluster tells one that is all there from one that is not.
    A node whose GPU does not answer and one without any have the same gap; their bus tells them
    apart, and with it `skip` from `unknown`.
    """
    declared = {*rule.requires, *rule.reads}
    if any(path.every_node for path in declared):
        declared |= {*TOPOLOGY}
    absences = ((path, vocabulary().absence(path)) for path in declared if path != NODE_NAME)
    return declared | {
        absence.address._replace(every_node=path.every_node)
        for path, absence in absences
        if absence is not None
    }


def _in_groups(paths: Iterable[FactAddress]) -> tuple[tuple[FactAddress, ...], ...]:
    """Put paths into one subtype together: they are looked up at once."""
    groups: dict[Hashable, list[FactAddress]] = {}
    for path in paths:
        alone = path if path.every_node or path == NODE_NAME else None
        groups.setdefault((path.whole, alone), []).append(path)
    return tuple(map(tuple, groups.values()))


def _value(path: FactAddress, data: Mapping[str, Json]) -> Hashable:
    if path.key is None:
        return digest(data)
    value = data.get(path.key, _ABSENT)
    if isinstance(value, str) or value is _ABSENT:
        return value
    return type(value), canonical(value)
