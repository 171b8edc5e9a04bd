"""Canonical form and content addresses.

The canonical form of a JSON value has sorted keys, no insignificant space, and is UTF-8. Its
SHA-256 is its content address, written ``sha256:<hex>``. Measurements, nodes and snapshots are
hashed over their children's addresses, so equal parts are equal without being read again. Metadata
(who, when) and the collectors' durations are no part of any address.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from eidos.engine.model.byidentity import ByIdentity
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    Measurement,
    Snapshot,
    SnapshotDigests,
    Subtype,
)

_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical(value: object) -> bytes:
    """Give the canonical form of a JSON value; mappings and sequences of any class are taken."""
    try:
        return _ENCODER.encode(value)
    except (OverflowError, TypeError):
        # Integers over 64 bits, and classes of mappings that msgspec does not know.
        return json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
        ).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def address(content: bytes) -> str:
    """Give the content address of bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def digest(value: object) -> str:
    """Give the content address of a JSON value's canonical form."""
    return address(canonical(value))


def subtype_digest(subtype: Subtype) -> str:
    """Give the address of a subtype's data."""
    return digest(subtype.data)


def addressed(snapshot: Snapshot, known: ByIdentity[str] | None = None) -> AddressedSnapshot:
    """Give a snapshot with the addresses of all its parts; see `snapshot_digests`."""
    return AddressedSnapshot(snapshot, snapshot_digests(snapshot, known))


def snapshot_digests(snapshot: Snapshot, known: ByIdentity[str] | None = None) -> SnapshotDigests:
    """Give the addresses of a snapshot and of all its parts.

    Order of measurements, subtypes and nodes does not matter; repeated subtypes of one type do.

    Args:
        snapshot: what to address.
        known: addresses of data that alike snapshots share, and the place to keep new ones.
    """
    leaves: dict[tuple[str | None, str, str], str] = {}
    known = ByIdentity() if known is None else known
    cluster = _measurements(None, snapshot.measurements, leaves, known)
    nodes = {
        node.name: _measurements(node.name, node.measurements, leaves, known)
        for node in snapshot.nodes
    }
    return SnapshotDigests(snapshot_digest(cluster, nodes, snapshot.collection), nodes, leaves)


def snapshot_digest(
    cluster: str, nodes: Mapping[str, str], collection: Iterable[Collection]
) -> str:
    """Give the address of a snapshot from those of its parts.

    Args:
        cluster: address of the cluster's own measurements.
        nodes: address of each node's measurements, by name.
        collection: how the collectors ended, in any order.
    """
    # Collectors end in any order; sorted, the same endings have the same address.
    endings = sorted(digest(_collection(entry)) for entry in collection)
    return digest({"cluster": cluster, "nodes": nodes, "collection": endings})


def measurements_digest(leaves: Mapping[str, Mapping[str, str]]) -> str:
    """Give the address of measurements from those of their subtypes, by type and name."""
    return digest({type_: digest(children) for type_, children in leaves.items()})


def _measurements(
    node: str | None,
    measurements: tuple[Measurement, ...],
    leaves: dict[tuple[str | None, str, str], str],
    known: ByIdentity[str],
) -> str:
    types: dict[str, dict[str, str]] = {}
    for measurement in measurements:
        children = types.setdefault(measurement.type, {})
        for subtype in measurement.subtypes:
            leaf = known.get(subtype.data, partial(digest, subtype.data))
            leaves[node, measurement.type, subtype.name] = leaf
            children[subtype.name] = leaf
    return measurements_digest(types)


def _collection(entry: Collection) -> Json:
    return {
        "type": entry.type,
        "subtype": entry.subtype,
        "node": entry.node,
        "status": entry.status.value,
        "reason": entry.reason,
        "keys": list(entry.keys),
    }
