"""From what the collectors gave to a snapshot in which each of them is accounted for."""

from collections.abc import Iterable, Sequence

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
    """Say how a collector ended: once for the whole, and for each subtype that is not ``ok``.

    Args:
        outcome: what it gave, also when it was killed.

    Returns:
        First the entry about the whole. A wanted subtype of which nothing was given or said is
        failed: silence is never taken for an absence.
    """
    said = [item for item in outcome.items if isinstance(item, Collection)]
    whole = [entry for entry in said if entry.subtype is None]
    parts = [entry for entry in said if entry.subtype is not None]
    silent = [] if whole else _silent(outcome, parts)
    summary = _summary(outcome, whole, parts, silent)
    return [summary, *whole[1:], *(one for one in (*parts, *silent) if not _repeats(one, summary))]


def _repeats(entry: Collection, summary: Collection) -> bool:
    """Say whether the entry only says of a subtype what is true of the whole type."""
    whole = summary.status in {CollectorState.UNAVAILABLE, CollectorState.FAILED}
    return whole and (entry.status, entry.reason) == (summary.status, summary.reason)


def _silent(outcome: Outcome, parts: Sequence[Collection]) -> list[Collection]:
    """Wanted subtypes that nothing was said about."""
    wanted = outcome.task.wanted
    given = {item.subtype.name for item in outcome.items if isinstance(item, Fact)}
    explained = {entry.subtype for entry in parts}
    reason = outcome.error or "the collector gave nothing and no reason"
    node = _node(outcome)
    return [
        Collection(outcome.task.collector.type, CollectorState.FAILED, name, node, reason)
        for name in sorted(wanted.subtypes - given - explained)
    ]


def _summary(
    outcome: Outcome,
    whole: Sequence[Collection],
    parts: Sequence[Collection],
    silent: Sequence[Collection],
) -> Collection:
    if whole:
        status, reason, keys = whole[0].status, whole[0].reason, whole[0].keys
    else:
        status, reason, keys = *_whole_status(outcome, [*parts, *silent]), ()
    if outcome.error and status not in INCOMPLETE:
        status, reason = CollectorState.PARTIAL, outcome.error
    return Collection(
        outcome.task.collector.type,
        status,
        node=_node(outcome),
        reason=reason,
        keys=keys,
        duration_ms=outcome.duration_ms,
    )


def _whole_status(
    outcome: Outcome, entries: Sequence[Collection]
) -> tuple[CollectorState, str | None]:
    has_facts = any(isinstance(item, Fact) for item in outcome.items)
    states = {entry.status for entry in entries}
    if states & INCOMPLETE or outcome.error:
        names = sorted({entry.subtype or "" for entry in entries if entry.status in INCOMPLETE})
        reason = outcome.error or f"incomplete: {', '.join(names)}"
        return (CollectorState.PARTIAL if has_facts else CollectorState.FAILED), reason
    if not has_facts and states == {CollectorState.UNAVAILABLE}:
        reasons = sorted({entry.reason or "" for entry in entries})
        return CollectorState.UNAVAILABLE, "; ".join(reasons)
    return CollectorState.OK, None


def _node(outcome: Outcome) -> str | None:
    return outcome.task.wanted.node if outcome.task.collector.reads == "local" else None
