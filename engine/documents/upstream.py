"""The single-node dialects of the system our users already have: five apiVersions, one shape.

What their documents hold about the cluster goes to the top, the rest under the node. Values that
only the upstream tool's way of printing made text become what they were (see
`eidos.engine.documents.systemd`).
"""

from eidos.engine.documents import systemd
from eidos.engine.documents.dialects import NEWEST_UPSTREAM
from eidos.engine.documents.measurements import Places, data, entries, grouped, written
from eidos.engine.documents.walking import Step
from eidos.engine.errors import UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import KIND, Metadata, Node, Snapshot, Subtype, subtypes

UNNAMED = "node"
"""Name of a node whose document does not name it."""
_GENERATOR = "upstream "


def read(step: Step, places: Places) -> Snapshot:
    """Make a snapshot of a document.

    Raises:
        DocumentError: it has the wrong shape.
    """
    found = list(entries(step.get("measurements")))
    metadata = step.get("metadata")
    texts = metadata.texts()
    name, place = _node_name(found, metadata)
    places.nodes[name] = place
    cluster: list[tuple[str, Subtype]] = []
    local: list[tuple[str, Subtype]] = []
    for kind, subtype_name, subtype in found:
        about_cluster = _about_cluster(kind, subtype_name)
        places.note(None if about_cluster else name, kind, subtype, subtype_name)
        entry = (kind, _subtype(kind, subtype_name, subtype))
        (cluster if about_cluster else local).append(entry)
    return Snapshot(_metadata(texts), grouped(cluster), (Node(name, grouped(local)),))


def _about_cluster(kind: str, subtype: str) -> bool:
    return kind == "NodeTopology" or (kind == "K8s" and subtype != "node")


def _node_name(
    found: list[tuple[str, str, Step]], metadata: Step
) -> tuple[str, tuple[str | int, ...]]:
    """Give the node's name and where the document says it."""
    for key in ("source-node", "source"):
        if metadata.value is not None and (name := metadata.get(key).optional()):
            return name, (*metadata.path, key)
    for kind, name, subtype in found:
        if (kind, name) == ("K8s", "node"):
            source = subtype.get("data")
            if isinstance(source.value, dict) and (
                name := source.get("source-node").optional() or ""
            ):
                return name, (*source.path, "source-node")
    return UNNAMED, ()


def _subtype(kind: str, name: str, step: Step) -> Subtype:
    facts = data(step)
    if kind == "SystemD":
        facts = systemd.facts(facts)
    items = step.value.get("items") if isinstance(step.value, dict) else None
    if isinstance(items, list) and "items" not in facts:
        facts = {**facts, "items": items}
    return Subtype(name, facts, step.get("context").texts())


def _metadata(texts: dict[str, str]) -> Metadata:
    version = texts.get("version") or texts.get("snapshot-version")
    known = {"timestamp", "version", "source", "source-node", "cluster"}
    known |= {f"snapshot-{key}" for key in ("timestamp", "version")}
    return Metadata(
        cluster=texts.get("cluster") or None,
        timestamp=texts.get("timestamp") or texts.get("snapshot-timestamp") or None,
        generator=f"{_GENERATOR}{version}" if version else None,
        labels={key: text for key, text in texts.items() if key not in known},
    )


def write(snapshot: Snapshot) -> Json:
    """Make a document of a snapshot of one node in the newest upstream dialect.

    Raises:
        UsageError: it has no node, or more than one.
    """
    if len(snapshot.nodes) != 1:
        raise UsageError(
            f"{NEWEST_UPSTREAM} holds one node, and the snapshot has {len(snapshot.nodes)}",
            hint="Choose one with --node NAME.",
        )
    (node,) = snapshot.nodes
    together = (*subtypes(snapshot.measurements), *subtypes(node.measurements))
    return {
        "kind": KIND,
        "apiVersion": NEWEST_UPSTREAM,
        "metadata": _written_metadata(snapshot.metadata, node.name),
        "measurements": written(grouped(together)),
    }


def _written_metadata(metadata: Metadata, node: str) -> Json:
    generator = metadata.generator or ""
    texts = {
        **metadata.labels,
        "cluster": metadata.cluster,
        "source-node": node,
        "timestamp": metadata.timestamp,
        "version": generator.removeprefix(_GENERATOR) or None,
    }
    return {key: text for key, text in sorted(texts.items()) if text is not None}
