"""Which changes matter: the table of levels first, and above it what they did to verdicts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from eidos.engine.comparing.levels import Levels
from eidos.engine.comparing.versions import version_note
from eidos.engine.model.drift import Change, Flip, FlipCause, NodeFlip
from eidos.engine.model.rule import Enforcement, Rule, Severity
from eidos.engine.model.verdict import Status

if TYPE_CHECKING:
    from eidos.engine.model.facts import FactAddress

_WORST = {
    Status.FAIL: Severity.CRITICAL,
    Status.ERROR: Severity.CRITICAL,
    Status.UNKNOWN: Severity.HIGH,
    Status.WARN: Severity.MEDIUM,
}
"""How much a verdict can alarm that became this."""
_SEEN_WELL = frozenset({Status.PASS, Status.WARN, Status.WAIVED})
_BOUND = {Enforcement.DENY: Severity.CRITICAL, Enforcement.WARN: Severity.MEDIUM}
"""The same by what the verdict does to the gate."""


def alarm(before: Status, after: Status, severity: Severity, enforcement: Enforcement) -> Severity:
    """Say how much it alarms that a verdict differs: `info` where nothing got worse.

    Args:
        before: the verdict about the baseline. What did not apply and now does, and is no failure,
            is no alarm. The same as `after` where there is more to say.
        after: the verdict about the current snapshot.
        severity: the rule's.
        enforcement: what the rule does to the gate.
    """
    is_worse = after in (Status.FAIL, Status.ERROR) or (before in _SEEN_WELL and after in _WORST)
    if not is_worse or (before is Status.ERROR and after is Status.FAIL):
        return Severity.INFO
    limits = (severity, _WORST[after], _BOUND.get(enforcement, Severity.INFO))
    return min(limits, key=lambda level: level.rank)


def rank(
    changes: Iterable[Change],
    rules: Sequence[Rule] = (),
    flips: Sequence[NodeFlip] = (),
    levels: Levels | None = None,
) -> tuple[Change, ...]:
    """Give every change its level, worst first.

    A change that made a verdict worse is as bad as the rule says, if the table does not hold it to
    be worse. Of one level those that flip verdicts come first, then those that rules read.

    Args:
        changes: what differs.
        rules: who reads facts.
        flips: verdicts that differ, and the changes that are behind them.
        levels: the table; the shipped one when None.
    """
    readers, table, blamed = _Readers(rules), levels or Levels(), _Blamed(flips)
    return tuple(sorted((_ranked(each, readers, blamed, table) for each in changes), key=_order))


class _Readers:
    """Which rules read a fact."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._by_subtype: dict[FactAddress, list[tuple[str | None, str]]] = {}
        for rule in rules:
            for path in (*rule.requires, *rule.reads):
                self._by_subtype.setdefault(path.whole, []).append((path.key, rule.id))

    def of(self, change: Change) -> tuple[str, ...]:
        """Give the ids of the rules that declare the fact or its whole subtype."""
        declared = self._by_subtype.get(change.address.whole, ())
        key = str(change.path[0]) if change.path else None
        return tuple(sorted({rule for wanted, rule in declared if wanted in (None, key)}))


class _Blamed:
    """Which flips a change is the cause of."""

    def __init__(self, flips: Sequence[NodeFlip]) -> None:
        self._found: dict[object, dict[str, Flip]] = {}
        for each in flips:
            if each.cause is FlipCause.CHANGE:
                for together in each.sets:
                    self._blame(each.flip, together)

    def _blame(self, flip: Flip, changes: Sequence[Change]) -> None:
        facts = dict.fromkeys(change.fact for change in changes)
        for change in changes:
            others = tuple(fact for fact in facts if fact != change.fact)
            known = self._found.setdefault(_identity(change), {})
            if flip.rule not in known or len(others) < len(known[flip.rule].together):
                known[flip.rule] = replace(flip, together=others)

    def of(self, change: Change) -> tuple[Flip, ...]:
        """Give the flips, the worst first."""
        found = self._found.get(_identity(change), {}).values()
        return tuple(sorted(found, key=lambda flip: (-flip.level.rank, flip.rule)))


def _identity(change: Change) -> object:
    return change.node, change.segments, change.kind


def _ranked(change: Change, readers: _Readers, blamed: _Blamed, levels: Levels) -> Change:
    flips = blamed.of(change)
    level = max((levels.of(change), *(flip.level for flip in flips)), key=lambda level: level.rank)
    note = version_note(change.before, change.after)
    return replace(change, level=level, note=note, read_by=readers.of(change), flips=flips)


def _order(change: Change) -> tuple[object, ...]:
    worst = max((flip.level.rank for flip in change.flips), default=-1)
    return (
        -change.level.rank,
        -worst,
        not change.read_by,
        tuple(map(str, change.segments)),
        change.node or "",
    )
