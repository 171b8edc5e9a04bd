"""Writing the newest upstream dialect: one node, plain values only."""

import json
from collections.abc import Iterator
from itertools import chain

from eidos.engine.documents import systemd
from eidos.engine.documents.dialects import NEWEST_UPSTREAM
from eidos.engine.documents.measurements import grouped, written_subtype
from eidos.engine.documents.upstreamrecords import ITEMS, are_records, described, numbered, written
from eidos.engine.errors import UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import (
    KIND,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
    subtypes,
)

GENERATOR = "upstream "
"""What stands before the version of the upstream tool in ``metadata.generator``."""
_OF_CLUSTER = frozenset({"NodeTopology", "NetworkTopology"})


def write(snapshot: Snapshot) -> Json:
    """Make a document of a snapshot of one node.

    Raises:
        UsageError: it has no node, or more than one.
    """
    node = _only_node(snapshot)
    return {
        "kind": KIND,
        "apiVersion": NEWEST_UPSTREAM,
        "metadata": _metadata(snapshot.metadata, node.name),
        "measurements": [_measurement(part) for part in _together(snapshot, node)],
    }


def losses(snapshot: Snapshot) -> list[str]:
    """Say, one sentence each, what `write` cannot carry over."""
    node = _only_node(snapshot)
    found = []
    if snapshot.collection:
        count = len(snapshot.collection)
        found.append(f"{count} collection entries: the dialect cannot say why a fact is missing")
    own = {(kind, part.name) for kind, part in subtypes(node.measurements)}
    for kind, part in subtypes(snapshot.measurements):
        if (kind, part.name) in own:
            found.append(f"the cluster's {kind}.{part.name}: the node has its own")
        elif not about_cluster(kind, part.name):
            found.append(f"{kind}.{part.name} will be read as a fact about the node")
    nested = _nested(chain(subtypes(snapshot.measurements), subtypes(node.measurements)))
    if nested:
        found.append(f"{nested} lists, maps and empty values become JSON text")
    return found


def about_cluster(kind: str, subtype: str) -> bool:
    """Say whether upstream's subtype speaks about the cluster rather than one node."""
    return kind in _OF_CLUSTER or (kind == "K8s" and subtype != "node")


def _only_node(snapshot: Snapshot) -> Node:
    if len(snapshot.nodes) == 1:
        return snapshot.nodes[0]
    raise UsageError(
        f"{NEWEST_UPSTREAM} holds one node, and the snapshot has {len(snapshot.nodes)}",
        hint="Choose one with --node NAME." if snapshot.nodes else "Write eidos.dev/v1 instead.",
    )


def _together(snapshot: Snapshot, node: Node) -> tuple[Measurement, ...]:
    """Put the cluster's facts beside the node's; where both have a subtype, the node's stands."""
    parts = {
        (kind, part.name): part
        for measurements in (snapshot.measurements, node.measurements)
        for kind, part in subtypes(measurements)
    }
    return grouped((kind, _plain(kind, part)) for (kind, _), part in parts.items())


def _plain(kind: str, part: Subtype) -> Subtype:
    listed = numbered(kind, part.name, part.data)
    facts = {key: _value(kind, key, value) for key, value in listed.items()}
    return Subtype(part.name, facts, part.context)


def _value(kind: str, key: str, value: Json) -> Json:
    """Give what the dialect can say: a scalar, a list printed as upstream does, or JSON text."""
    if isinstance(value, bool | int | float | str) or are_records(key, value):
        return value
    return _printed(kind, key, value) or json.dumps(
        value, separators=(",", ":"), ensure_ascii=False
    )


def _printed(kind: str, key: str, value: Json) -> str | None:
    if kind == "SystemD" and isinstance(value, list):
        return systemd.printed(key, value)
    return None


def _nested(parts: Iterator[tuple[str, Subtype]]) -> int:
    return sum(
        isinstance(value, dict | list | None)
        and not are_records(key, value)
        and _printed(kind, key, value) is None
        for kind, part in parts
        for key, value in numbered(kind, part.name, part.data).items()
    )


def _measurement(measurement: Measurement) -> Json:
    return {
        "type": measurement.type,
        "subtypes": [_subtype(measurement.type, part) for part in measurement.subtypes],
    }


def _subtype(kind: str, part: Subtype) -> Json:
    """Write a subtype; records stand beside ``data``, and what names a group in ``context``."""
    named, facts = described(kind, part.name, part.data)
    items = facts.pop(ITEMS, None) if are_records(ITEMS, facts.get(ITEMS)) else None
    document = written_subtype(Subtype(part.name, facts, {**part.context, **named}))
    if isinstance(items, list):
        document[ITEMS] = written(kind, part.name, items)
    return document


def _metadata(metadata: Metadata, node: str) -> Json:
    generator = metadata.generator or ""
    texts = {
        **metadata.labels,
        "cluster": metadata.cluster,
        "source-node": node,
        "timestamp": metadata.timestamp,
        "version": generator.removeprefix(GENERATOR) or None,
    }
    return {key: text for key, text in sorted(texts.items()) if text is not None}
