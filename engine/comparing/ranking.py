"""Which changes matter: the table of levels first, the evidence of policy above it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from eidos.engine.comparing.levels import Levels
from eidos.engine.comparing.versions import version_note
from eidos.engine.model.drift import Change, Flip
from eidos.engine.model.facts import FactAddress, split_path
from eidos.engine.model.rule import Rule, Severity

Flips = Mapping[str | None, Mapping[str, Flip]]
"""Node name in the current snapshot (None for the cluster) to rule id to what flipped."""
_Declared = tuple[FactAddress, str]
"""A declared fact and the id of the rule that declares it."""
_RAISED = {  # never to critical: that is for verdicts that flip
    Severity.INFO: Severity.LOW,
    Severity.LOW: Severity.MEDIUM,
    Severity.MEDIUM: Severity.HIGH,
    Severity.HIGH: Severity.HIGH,
    Severity.CRITICAL: Severity.CRITICAL,
}


class _Readers:
    """Which rules read a fact."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._by_subtype: dict[FactAddress, list[_Declared]] = {}
        for rule in rules:
            for path in (*rule.requires, *rule.reads):
                self._by_subtype.setdefault(path.whole, []).append((path, rule.id))

    def of(self, change: Change) -> tuple[tuple[str, ...], bool]:
        """Give the ids of the rules that declare the fact or its whole subtype; and if the fact."""
        declared = self._by_subtype.get(change.address.whole, ())
        key = str(change.path[0]) if change.path else None
        found = [(path, rule) for path, rule in declared if path.key in (None, key)]
        return tuple(sorted({rule for _, rule in found})), any(path.key for path, _ in found)


class _Causes:
    """Which flips a change is behind.

    A change of a fact that a finding names explains the flip alone; where the findings name no
    change, every change that the rule reads may be behind it.
    """

    def __init__(self, changes: Sequence[Change], flips: Flips) -> None:
        self._flips = flips
        self._named = {
            (change.node, flip.rule)
            for change in changes
            for flip in self._candidates(change)
            if _names(flip, change)
        }

    def of(self, change: Change, read_by: Sequence[str]) -> tuple[Flip, ...]:
        """Give the flips, by rule."""
        unique = {
            flip.rule: flip
            for flip in self._candidates(change)
            if flip.rule in read_by
            and ((change.node, flip.rule) not in self._named or _names(flip, change))
        }
        return tuple(unique[rule] for rule in sorted(unique))

    def _candidates(self, change: Change) -> Sequence[Flip]:
        if change.node is None:  # the cluster's facts are seen by its own rules and by every node's
            return [found for by_rule in self._flips.values() for found in by_rule.values()]
        own, cluster = self._flips.get(change.node, {}), self._flips.get(None, {})
        return [*own.values(), *cluster.values()]


def rank(
    changes: Iterable[Change],
    rules: Sequence[Rule] = (),
    flips: Flips | None = None,
    levels: Levels | None = None,
) -> tuple[Change, ...]:
    """Give every change its level, worst first.

    A fact that an active rule declares is a level higher, one in a subtype that a rule declares
    comes before others of its level; one that flips a verdict is critical and comes before
    everything else.
    """
    # A lone fact cannot be ranked: which change is behind a flip depends on what else changed.
    readers, table, found = _Readers(rules), levels or Levels(), list(changes)
    causes = _Causes(found, flips or {})
    return tuple(sorted((_ranked(each, readers, causes, table) for each in found), key=_order))


def _ranked(change: Change, readers: _Readers, causes: _Causes, levels: Levels) -> Change:
    read_by, is_declared = readers.of(change)
    flipped = causes.of(change, read_by)
    level = levels.of(change)
    if flipped:
        level = Severity.CRITICAL
    elif is_declared:
        level = _RAISED[level]
    note = version_note(change.before, change.after)
    return replace(change, level=level, note=note, read_by=read_by, flips=flipped)


def _names(flip: Flip, change: Change) -> bool:
    """Say whether a finding names the changed fact, or something in it or around it."""
    fact = ".".join(map(str, change.segments))
    for named in map(_plain, flip.facts):
        longer, shorter = (fact, named) if len(fact) > len(named) else (named, fact)
        # Two segments name a subtype, which says nothing about which of its facts did it.
        if named.count(".") > 1 and f"{longer}.".startswith(f"{shorter}."):
            return True
    return False


@lru_cache(maxsize=4096)
def _plain(fact: str) -> str:
    try:
        return ".".join(str(segment) for segment in split_path(fact))
    except ValueError:
        return fact


def _order(change: Change) -> tuple[object, ...]:
    return (
        not change.flips,
        -change.level.rank,
        not change.read_by,
        tuple(map(str, change.segments)),
        change.node or "",
    )
