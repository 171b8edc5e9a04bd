"""The single-node dialects of the system our users already have: five apiVersions, one shape.

What their documents hold about the cluster goes to the top, the rest under the node. Values that
only the upstream tool's way of printing made text become what they were (see
`eidos.engine.documents.systemd`).
"""

from eidos.engine.documents import systemd
from eidos.engine.documents.measurements import Places, data, entries, grouped
from eidos.engine.documents.upstreamwriting import GENERATOR, ITEMS, about_cluster
from eidos.engine.documents.walking import Path, Step
from eidos.engine.model.snapshot import Metadata, Node, Snapshot, Subtype

UNNAMED = "node"
"""Name of a node whose document does not name it."""


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
        above = about_cluster(kind, subtype_name)
        places.note(None if above else name, kind, subtype, subtype_name)
        (cluster if above else local).append((kind, _known(kind, subtype_name, subtype)))
    return Snapshot(_metadata(texts), grouped(cluster), (Node(name, grouped(local)),))


def _node_name(found: list[tuple[str, str, Step]], metadata: Step) -> tuple[str, Path]:
    """Give the node's name and where the document says it."""
    facts = [part.get("data") for kind, name, part in found if (kind, name) == ("K8s", "node")]
    places = [(metadata, "source-node"), (metadata, "source")]
    places += [(part, "source-node") for part in facts]
    for place, key in places:
        name = place.get(key).optional() if place.value is not None else None
        if name:
            return name, (*place.path, key)
    return UNNAMED, ()


def _known(kind: str, name: str, step: Step) -> Subtype:
    """Give a subtype, the same object where an alike document has it too."""
    parts = step.document.parts
    if parts is None:
        return _subtype(kind, name, step)
    return parts.subtypes.get(step.value, lambda: _subtype(kind, name, step), kind)


def _subtype(kind: str, name: str, step: Step) -> Subtype:
    facts = data(step)
    if kind == "SystemD":
        facts = systemd.facts(facts)
    items = step.get(ITEMS)
    if kind == "NodeTopology" and items.value is not None and ITEMS not in facts:
        facts = {**facts, ITEMS: [item.value for item in items.items()]}
    return Subtype(name, facts, step.get("context").texts())


def _metadata(texts: dict[str, str]) -> Metadata:
    version = texts.get("version") or texts.get("snapshot-version")
    known = {"timestamp", "version", "source", "source-node", "cluster"}
    known |= {f"snapshot-{key}" for key in ("timestamp", "version")}
    return Metadata(
        cluster=texts.get("cluster") or None,
        timestamp=texts.get("timestamp") or texts.get("snapshot-timestamp") or None,
        generator=f"{GENERATOR}{version}" if version else None,
        labels={key: text for key, text in texts.items() if key not in known},
    )
