"""From what the collectors gave to a snapshot in which each of them is accounted for."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from eidos.engine.collecting.running import Outcome
from eidos.engine.model.snapshot import (
    INCOMPLETE,
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)
from eidos.engine.ports import Fact

_NO_GAP = frozenset({CollectorState.OK, CollectorState.REDACTED})
"""Ends of a subtype that is there."""


def join(metadata: Metadata, facts: Iterable[Fact], collection: Sequence[Collection]) -> Snapshot:
    """Put facts where they belong; nodes, types and subtypes come in order of their names.

    Args:
        metadata: of the snapshot.
        facts: in any order; of two with one address the later counts.
        collection: how the collectors ended, in any order.
    """
    places: dict[str | None, dict[str, dict[str, Subtype]]] = {}
    for fact in facts:
        types = places.setdefault(fact.node, {})
        types.setdefault(fact.type, {})[fact.subtype.name] = fact.subtype
    cluster = _measurements(places.pop(None, {}))
    nodes = (Node(name or "", _measurements(types)) for name, types in places.items())
    ordered = tuple(sorted(nodes, key=lambda node: node.name))
    return Snapshot(metadata, cluster, ordered, tuple(sorted(collection, key=_order)))


def _measurements(types: dict[str, dict[str, Subtype]]) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(name, tuple(subtypes[key] for key in sorted(subtypes)))
        for name, subtypes in sorted(types.items())
    )


def _order(entry: Collection) -> tuple[str, str, str, str]:
    return entry.type, entry.node or "", entry.subtype or "", entry.status.value


def account(outcome: Outcome) -> list[Collection]:
    """Say how a collector ended: one entry for each subtype that is not ``ok``.

    An entry without a subtype means all of them: it stands where every subtype ended alike, first
    of all where everything is ``ok``, and where the collector itself spoke of all.

    Args:
        outcome: what it gave, also when it was killed.

    Returns:
        A wanted subtype of which nothing was given or said is failed: silence is never taken for an
        absence. Where a collector was cut short, what it was giving is partial.
    """
    said = [item for item in outcome.items if isinstance(item, Collection)]
    whole = [entry for entry in said if entry.subtype is None and entry.is_gap]
    parts = [entry for entry in said if entry.subtype is not None]
    if not whole:
        parts += [*_cut_short(outcome, parts), *_silent(outcome, parts)]
        whole = _common_end(outcome, parts)
    known = {(entry.status, entry.reason) for entry in whole}
    return [
        *(replace(one, node=_node(outcome), duration_ms=outcome.duration_ms) for one in whole),
        *(entry for entry in parts if (entry.status, entry.reason) not in known),
    ]


def _silent(outcome: Outcome, parts: Sequence[Collection]) -> list[Collection]:
    """Wanted subtypes that nothing was given of or said about."""
    given = {item.subtype.name for item in outcome.items if isinstance(item, Fact)}
    explained = {entry.subtype for entry in parts}
    reason = outcome.error or "the collector gave nothing and no reason"
    return [
        _entry(outcome, CollectorState.FAILED, name, reason)
        for name in sorted(outcome.task.wanted.subtypes - given - explained)
    ]


def _cut_short(outcome: Outcome, parts: Sequence[Collection]) -> list[Collection]:
    """The subtype that a collector was giving when it ended before its time."""
    if not outcome.error or not outcome.items:
        return []
    last = outcome.items[-1]
    name = last.subtype.name if isinstance(last, Fact) else last.subtype
    told = any(entry.subtype == name and _is_about_all(entry, outcome) for entry in parts)
    return [] if told else [_entry(outcome, CollectorState.PARTIAL, name, outcome.error)]


def _is_about_all(entry: Collection, outcome: Outcome) -> bool:
    """Say whether nothing of the entry's subtype is to be trusted."""
    return entry.status in INCOMPLETE and not entry.keys and entry.node == _node(outcome)


def _common_end(outcome: Outcome, parts: Sequence[Collection]) -> list[Collection]:
    """Give one entry for the whole type where all its subtypes ended alike."""
    # A secret that was left out is no gap in collecting, and is said with its keys all the same.
    gaps = [entry for entry in parts if entry.status not in _NO_GAP]
    if not gaps:
        return [_entry(outcome, CollectorState.OK)]
    ends = {(entry.status, entry.reason) for entry in gaps}
    of_all = {entry.subtype for entry in gaps if not entry.keys and entry.node == _node(outcome)}
    if len(ends) > 1 or not of_all >= outcome.task.wanted.subtypes:
        return []
    return [_entry(outcome, gaps[0].status, None, gaps[0].reason)]


def _entry(
    outcome: Outcome,
    status: CollectorState,
    subtype: str | None = None,
    reason: str | None = None,
) -> Collection:
    return Collection(outcome.task.collector.type, status, subtype, _node(outcome), reason)


def _node(outcome: Outcome) -> str | None:
    return outcome.task.wanted.node if outcome.task.collector.reads == "local" else None
