"""Which changes matter: the table of levels first, the evidence of policy above it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from eidos.engine.comparing.levels import Levels
from eidos.engine.comparing.versions import version_note
from eidos.engine.model.drift import Change, Flip
from eidos.engine.model.factpath import FactPath
from eidos.engine.model.policy import Rule, Severity

Flips = Mapping[str | None, Mapping[str, Flip]]
"""Node name in the current snapshot (None for the cluster) to rule id to what flipped."""
_Declared = tuple[FactPath, str]
"""A declared fact and the id of the rule that declares it."""
_RAISED = {
    Severity.INFO: Severity.LOW,
    Severity.LOW: Severity.MEDIUM,
    Severity.MEDIUM: Severity.HIGH,
    Severity.HIGH: Severity.HIGH,
    Severity.CRITICAL: Severity.CRITICAL,
}


class _Readers:
    """Which rules read a fact."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._by_subtype: dict[tuple[str, str], list[_Declared]] = {}
        for rule in rules:
            for path in (*rule.requires, *rule.reads):
                entry = self._by_subtype.setdefault((path.type, path.subtype), [])
                entry.append((path, rule.id))

    def of(self, change: Change) -> tuple[str, ...]:
        """Give the ids of the rules that declare the fact, or its whole subtype."""
        declared = self._by_subtype.get((change.type.lower(), change.subtype), ())
        key = str(change.path[0]) if change.path else None
        return tuple(sorted({rule for path, rule in declared if path.key in (None, key)}))


def rank(
    changes: Iterable[Change],
    rules: Sequence[Rule] = (),
    flips: Flips | None = None,
    levels: Levels | None = None,
) -> tuple[Change, ...]:
    """Give every change its level, worst first.

    A fact that an active rule reads is a level higher; one that flips a verdict is critical and
    comes before everything else.
    """
    readers = _Readers(rules)
    table = levels or Levels()
    ranked = [_ranked(change, readers, flips or {}, table) for change in changes]
    return tuple(sorted(ranked, key=_order))


def _ranked(change: Change, readers: _Readers, flips: Flips, levels: Levels) -> Change:
    read_by = readers.of(change)
    flipped = _flips_of(change, read_by, flips)
    level = levels.of(change)
    if flipped:
        level = Severity.CRITICAL
    elif read_by:
        level = _RAISED[level]
    note = version_note(change.before, change.after)
    return replace(change, level=level, note=note, read_by=read_by, flips=flipped)


def _flips_of(change: Change, read_by: Sequence[str], flips: Flips) -> tuple[Flip, ...]:
    if change.node is None:  # the cluster's facts are seen by its own rules and by every node's
        candidates = [found for by_rule in flips.values() for found in by_rule.values()]
    else:
        candidates = [*flips.get(change.node, {}).values(), *flips.get(None, {}).values()]
    unique = {flip.rule: flip for flip in candidates if flip.rule in read_by}
    return tuple(unique[rule] for rule in sorted(unique))


def _order(change: Change) -> tuple[object, ...]:
    path = tuple(str(segment) for segment in change.path)
    return (
        not change.flips,
        -change.level.rank,
        change.type,
        change.subtype,
        path,
        change.node or "",
    )
