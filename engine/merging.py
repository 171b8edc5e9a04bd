"""Snapshots of nodes and of their cluster become one; where they differ the newest counts."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from eidos.engine import __version__
from eidos.engine.digest import digest, snapshot_digests, subtype_digest
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.snapshot import (
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
    subtypes,
)
from eidos.engine.model.times import instant
from eidos.engine.records import dataclass

_NOT_LOOKED_FOR = frozenset({CollectorState.EXCLUDED, CollectorState.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two snapshots that do not say the same of one thing."""

    what: str
    """``node ip-1: os.grub``, ``the cluster's name``."""
    kept: str
    """Where what was kept comes from."""
    dropped: str


@dataclass(frozen=True, slots=True)
class Merged:
    """One snapshot of many, and what did not fit."""

    snapshot: Snapshot
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One snapshot to merge and where it comes from."""

    name: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class _Found:
    """What was seen at one address."""

    type: str
    """As the document writes it: ``GPU``."""
    subtype: Subtype
    origin: str


def merge(parts: Iterable[Part], cluster: str | None = None) -> Merged:
    """Merge snapshots; their order does not matter.

    Where two differ, what was seen later is kept, and of the same time the greater digest.

    Args:
        parts: snapshots, each with the name that conflicts call it by.
        cluster: name of the whole; None for that of the newest part that has one.

    Returns:
        The snapshot, its nodes in order of their names, and every conflict, in order.
    """
    ordered = sorted(parts, key=_rank, reverse=True)
    conflicts: list[Conflict] = []
    facts = _facts(ordered, conflicts)
    metadata = _metadata(ordered, cluster, conflicts)
    names = {node.name for part in ordered for node in part.snapshot.nodes}
    owned = _by_node(facts)
    nodes = tuple(Node(name, _measurements(owned.get(name, ()))) for name in sorted(names))
    collection = _collection(ordered, facts)
    snapshot = Snapshot(metadata, _measurements(owned.get(None, ())), nodes, collection)
    return Merged(snapshot, tuple(sorted(conflicts, key=lambda one: (one.what, one.dropped))))


def _rank(part: Part) -> tuple[float, str, str, str]:
    """Order by time, the newest first; what follows only makes the order the same every time."""
    metadata = part.snapshot.metadata
    said = digest({"cluster": metadata.cluster, "labels": dict(metadata.labels)})
    stamp = metadata.timestamp or ""
    return _seconds(stamp), stamp, snapshot_digests(part.snapshot).snapshot, said


def _seconds(stamp: str) -> float:
    """Give a timestamp, whatever its zone, as seconds since 1970; what is none came before all."""
    try:
        return instant(stamp).timestamp()
    except ValueError:
        return -math.inf


def _facts(ordered: Iterable[Part], conflicts: list[Conflict]) -> dict[FactAddress, _Found]:
    facts: dict[FactAddress, _Found] = {}
    for part in ordered:
        for address, found in _places(part):
            known = facts.setdefault(address, found)
            # What changes by itself differs between any two looks: that is no conflict.
            if not address.is_volatile and _differ(known.subtype, found.subtype):
                conflicts.append(Conflict(_written(address), known.origin, part.name))
    return facts


def _places(part: Part) -> Iterator[tuple[FactAddress, _Found]]:
    snapshot = part.snapshot
    owners = [(None, snapshot.measurements), *((n.name, n.measurements) for n in snapshot.nodes)]
    for node, measurements in owners:
        for type_, subtype in subtypes(measurements):
            yield FactAddress(type_, subtype.name, node=node), _Found(type_, subtype, part.name)


def _differ(one: Subtype, other: Subtype) -> bool:
    return one is not other and subtype_digest(one) != subtype_digest(other)


def _written(address: FactAddress) -> str:
    return f"{f'node {address.node}' if address.node else 'the cluster'}: {address}"


def _by_node(facts: Mapping[FactAddress, _Found]) -> dict[str | None, list[_Found]]:
    owned: dict[str | None, list[_Found]] = {}
    for address in sorted(facts, key=lambda address: address.segments):
        owned.setdefault(address.node, []).append(facts[address])
    return owned


def _measurements(found: Iterable[_Found]) -> tuple[Measurement, ...]:
    """Give what is known of one node, or of the cluster, types and subtypes in order."""
    types: dict[str, list[_Found]] = {}
    for one in found:
        types.setdefault(one.type.lower(), []).append(one)
    return tuple(
        Measurement(same[0].type, tuple(one.subtype for one in same)) for same in types.values()
    )


def _metadata(ordered: Sequence[Part], cluster: str | None, conflicts: list[Conflict]) -> Metadata:
    named = [part for part in ordered if part.snapshot.metadata.cluster]
    names = [part.snapshot.metadata.cluster for part in named]
    if cluster is None:
        cluster = names[0] if names else None
        conflicts.extend(
            Conflict("the cluster's name", named[0].name, part.name)
            for part, name in zip(named, names, strict=True)
            if name != cluster
        )
    labels: dict[str, str] = {}
    for part in ordered:
        for key, value in part.snapshot.metadata.labels.items():
            if labels.setdefault(key, value) != value:
                conflicts.append(Conflict(f"label {key}", "a later snapshot", part.name))
    newest = ordered[0].snapshot.metadata.timestamp if ordered else None
    return Metadata(cluster, newest, _generator(ordered), dict(sorted(labels.items())))


def _generator(ordered: Sequence[Part]) -> str:
    """Name what took all the snapshots, where that is one tool: it says what cannot be among them.

    Of several it is us, of whom it is known that we might have collected what is not there.
    """
    named = {part.snapshot.metadata.generator for part in ordered}
    return (named.pop() if len(named) == 1 else None) or f"eidos {__version__}"


def _collection(
    ordered: Sequence[Part], facts: Mapping[FactAddress, _Found]
) -> tuple[Collection, ...]:
    """Join what is said of collecting; what one did not look for and another has is not missing."""
    seen = {(address.type, name) for address in facts for name in (None, address.subtype)}
    kept: dict[tuple[str, ...], Collection] = {}
    for part in ordered:
        for entry in part.snapshot.collection:
            is_whole = entry.node is None and not entry.keys and entry.status in _NOT_LOOKED_FOR
            if not (is_whole and (entry.type.lower(), entry.subtype) in seen):
                kept.setdefault(_identity(entry), entry)
    return tuple(kept[key] for key in sorted(kept))


def _identity(entry: Collection) -> tuple[str, ...]:
    """Tell entries apart by all they say: of two with the same reason, each has keys of its own."""
    where = (entry.type.lower(), entry.node or "", entry.subtype or "")
    return (*where, entry.status.value, entry.reason or "", *entry.keys)
