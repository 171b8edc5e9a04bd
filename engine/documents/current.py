"""The snapshot dialect that eidos writes: ``eidos.dev/v1``."""

from eidos.engine.documents.measurements import Places, data, entries, grouped, written
from eidos.engine.documents.walking import Step
from eidos.engine.errors import LONGEST_NAME, without_middle
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import (
    API_VERSION,
    KIND,
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)
from eidos.engine.vocabulary import vocabulary


def read(step: Step, places: Places) -> Snapshot:
    """Make a snapshot of a document.

    Raises:
        DocumentError: it has the wrong shape.
    """
    step.only("apiVersion", "kind", "metadata", "measurements", "nodes", "collection")
    return Snapshot(
        metadata=_metadata(step.get("metadata")),
        measurements=_measurements(step, places, None),
        nodes=tuple(_node(node, places) for node in step.get("nodes").items()),
        collection=tuple(_collection(entry) for entry in step.get("collection").items()),
    )


def _metadata(step: Step) -> Metadata:
    if step.value is None:
        return Metadata()
    step.only("cluster", "timestamp", "generator", "labels")
    return Metadata(
        cluster=step.get("cluster").optional(),
        timestamp=step.get("timestamp").optional(),
        generator=step.get("generator").optional(),
        labels=step.get("labels").texts(),
    )


def _measurements(step: Step, places: Places, node: str | None) -> tuple[Measurement, ...]:
    found: list[tuple[str, Subtype]] = []
    for kind, name, subtype in entries(step.get("measurements"), is_closed=True):
        places.note(node, kind, subtype, name)
        found.append((kind, _subtype(name, subtype)))
    return grouped(found)


def _subtype(name: str, step: Step) -> Subtype:
    """Give a subtype, the same object where an alike document has it too."""
    parts = step.document.parts
    if parts is None:
        return _fresh(name, step)
    return parts.subtypes.get(step.value, lambda: _fresh(name, step))


def _fresh(name: str, step: Step) -> Subtype:
    return Subtype(name, data(step), step.get("context").texts())


def _node(step: Step, places: Places) -> Node:
    step.only("name", "measurements")
    name = step.get("name").text()
    if name in places.nodes:
        line = step.document.location(places.nodes[name]).line
        short = without_middle(name, LONGEST_NAME)
        raise step.get("name").fail(f"the node {short!r} is there twice, first on line {line}")
    places.nodes[name] = (*step.path, "name")
    return Node(name, _measurements(step, places, name))


def _collection(step: Step) -> Collection:
    step.only("type", "subtype", "node", "status", "reason", "keys", "durationMs")
    kind = step.get("type").text()
    return Collection(
        type=kind,
        status=_state(step.get("status")),
        subtype=_collected(step.get("subtype"), kind),
        node=step.get("node").optional(),
        reason=step.get("reason").optional(),
        keys=tuple(key.text() for key in step.get("keys").items()),
        duration_ms=_duration(step.get("durationMs")),
    )


def _collected(step: Step, kind: str) -> str | None:
    """Refuse a subtype in the wrong case: what is said of it would be about nothing."""
    name = step.optional()
    right = vocabulary().spelling(kind, name) if name else None
    if right is not None:
        raise step.fail(f"the subtype {name!r} of {kind} is not known", f"Write {right!r}.")
    return name


def _state(step: Step) -> CollectorState:
    text = step.text()
    try:
        return CollectorState(text)
    except ValueError as error:
        hint = nearest(text, [state.value for state in CollectorState])
        raise step.fail(f"the status {text[:80]!r} is not known", hint) from error


def _duration(step: Step) -> float | None:
    if step.value is None:
        return None
    if isinstance(step.value, bool) or not isinstance(step.value, int | float):
        raise step.fail("'durationMs' must be a number of milliseconds")
    return float(step.value)


def write(snapshot: Snapshot) -> Json:
    """Make a document of a snapshot; reading it gives the snapshot back."""
    document: dict[str, Json] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": _written_metadata(snapshot.metadata),
        "measurements": written(snapshot.measurements),
        "nodes": [
            {"name": node.name, "measurements": written(node.measurements)}
            for node in snapshot.nodes
        ],
    }
    if snapshot.collection:
        document["collection"] = [_written_collection(entry) for entry in snapshot.collection]
    return document


def _written_metadata(metadata: Metadata) -> Json:
    return _without_none(
        {
            "cluster": metadata.cluster,
            "timestamp": metadata.timestamp,
            "generator": metadata.generator,
            "labels": dict(sorted(metadata.labels.items())) or None,
        }
    )


def _written_collection(entry: Collection) -> Json:
    return _without_none(
        {
            "type": entry.type,
            "subtype": entry.subtype,
            "node": entry.node,
            "status": entry.status.value,
            "reason": entry.reason,
            "keys": list(entry.keys) or None,
            "durationMs": entry.duration_ms,
        }
    )


def _without_none(document: dict[str, Json]) -> Json:
    return {key: value for key, value in document.items() if value is not None}
