"""``eidos snapshot merge``: snapshots of nodes and of their cluster become one."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eidos.engine import __version__
from eidos.engine.app.context import Context
from eidos.engine.collecting.choosing import VOLATILE
from eidos.engine.digest import digest, snapshot_digests, subtype_digest
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

_Place = tuple[str | None, str, str]
"""Node or None for the cluster, type, subtype."""
_NOT_LOOKED_FOR = frozenset({CollectorState.EXCLUDED, CollectorState.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two snapshots that do not say the same of one thing."""

    what: str
    """``node ip-1: OS.grub``, ``the cluster's name``."""
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


def merge_items(references: Sequence[str], cluster: str | None, context: Context) -> Merged:
    """Merge the snapshots that references name.

    Args:
        references: files, folders, globs, stored snapshots.
        cluster: the cluster's name, which then is no conflict; None to take theirs.
        context: what is open.

    Raises:
        EidosError: one cannot be read or is no snapshot.
    """
    reader = context.reader()
    items = reader.every(references)
    return merge([Part(item.file, item.snapshot.snapshot) for item in items], cluster)


def merge(parts: Iterable[Part], cluster: str | None = None) -> Merged:
    """Merge snapshots; their order does not matter.

    Where two differ, what was seen later is kept, and of the same time the greater digest.
    """
    ordered = sorted(parts, key=_rank, reverse=True)
    conflicts: list[Conflict] = []
    facts = _facts(ordered, conflicts)
    metadata = _metadata(ordered, cluster, conflicts)
    names = {node.name for part in ordered for node in part.snapshot.nodes}
    nodes = tuple(Node(name, _measurements(facts, name)) for name in sorted(names))
    collection = _collection(ordered, facts)
    snapshot = Snapshot(metadata, _measurements(facts, None), nodes, collection)
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


def _facts(ordered: Iterable[Part], conflicts: list[Conflict]) -> dict[_Place, Subtype]:
    facts: dict[_Place, Subtype] = {}
    origins: dict[_Place, str] = {}
    for part in ordered:
        for place, subtype in _places(part.snapshot):
            if place not in facts:
                facts[place] = subtype
                origins[place] = part.name
            elif not place[2].endswith(VOLATILE) and _differ(facts[place], subtype):
                conflicts.append(Conflict(_written(place), origins[place], part.name))
    return facts


def _places(snapshot: Snapshot) -> Iterator[tuple[_Place, Subtype]]:
    owners = [(None, snapshot.measurements), *((n.name, n.measurements) for n in snapshot.nodes)]
    for node, measurements in owners:
        for type_, subtype in subtypes(measurements):
            yield (node, type_, subtype.name), subtype


def _differ(one: Subtype, other: Subtype) -> bool:
    return subtype_digest(one) != subtype_digest(other)


def _written(place: _Place) -> str:
    node, type_, subtype = place
    return f"{f'node {node}' if node else 'the cluster'}: {type_}.{subtype}"


def _measurements(facts: Mapping[_Place, Subtype], node: str | None) -> tuple[Measurement, ...]:
    types: dict[str, dict[str, Subtype]] = {}
    for (owner, type_, name), subtype in facts.items():
        if owner == node:
            types.setdefault(type_, {})[name] = subtype
    return tuple(
        Measurement(type_, tuple(found[name] for name in sorted(found)))
        for type_, found in sorted(types.items())
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
    return Metadata(cluster, newest, f"eidos {__version__}", dict(sorted(labels.items())))


def _collection(ordered: Sequence[Part], facts: Mapping[_Place, Subtype]) -> tuple[Collection, ...]:
    """Join what is said of collecting; what one did not look for and another has is not missing."""
    seen = {type_ for _, type_, _ in facts}
    kept: dict[tuple[str, ...], Collection] = {}
    for part in ordered:
        for entry in part.snapshot.collection:
            if not (entry.node is None and entry.status in _NOT_LOOKED_FOR and entry.type in seen):
                kept.setdefault(_identity(entry), entry)
    return tuple(kept[key] for key in sorted(kept))


def _identity(entry: Collection) -> tuple[str, ...]:
    return entry.type, entry.node or "", entry.subtype or "", entry.status.value, entry.reason or ""
