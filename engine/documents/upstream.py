"""The single-node dialects of the system our users already have: five apiVersions, one shape.

What their documents hold about the cluster goes to the top, the rest under the node. Values that
only the upstream tool's way of printing made text become what they were (see
`eidos.engine.documents.systemd` and `eidos.engine.documents.upstreamrecords`). Such documents do
not say how collecting ended; what they give away about it becomes `collection`.
"""

from collections.abc import Iterator, Mapping

from eidos.engine.documents import systemd
from eidos.engine.documents.measurements import Places, data, entries, grouped
from eidos.engine.documents.upstreamrecords import ITEMS, is_cut, structured
from eidos.engine.documents.upstreamwriting import GENERATOR, about_cluster
from eidos.engine.documents.walking import Path, Step
from eidos.engine.model.snapshot import (
    Collection,
    CollectorState,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)

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
    told = {(kind, part_name): _known(kind, part_name, part) for kind, part_name, part in found}
    unread = set(_unread(told))
    for kind, subtype_name, subtype in found:
        above = about_cluster(kind, subtype_name)
        places.note(None if above else name, kind, subtype, subtype_name)
        if (kind, subtype_name) not in unread:
            (cluster if above else local).append((kind, told[kind, subtype_name]))
    gaps = (*_empty(unread, name), *_cut(told))
    return Snapshot(_metadata(texts), grouped(cluster), (Node(name, grouped(local)),), gaps)


def _unread(told: Mapping[tuple[str, str], Subtype]) -> Iterator[tuple[str, str]]:
    """Give what upstream left empty because it could not read it: a cluster has always some of it.

    Without a client it leaves all of ``K8s`` empty, the server's version too.
    """
    empty = {address for address, part in told.items() if not _has_facts(part)}
    every = ("K8s", "server") in empty
    for kind, name in empty:
        if kind == "K8s" and (every or name in _NEVER_EMPTY):
            yield kind, name


_NEVER_EMPTY = frozenset({"server", "node", "image"})


def _has_facts(part: Subtype) -> bool:
    return any(value is not None for value in part.data.values())


def _empty(unread: set[tuple[str, str]], node: str) -> Iterator[Collection]:
    reason = "the tool that wrote the snapshot leaves empty what it could not read"
    for kind, name in sorted(unread):
        where = None if about_cluster(kind, name) else node
        yield Collection(kind, CollectorState.FAILED, name, where, reason)


def _cut(told: Mapping[tuple[str, str], Subtype]) -> Iterator[Collection]:
    reason = "the tool that wrote the snapshot made lists of nodes shorter"
    for (kind, name), part in told.items():
        if is_cut(part.data.get(ITEMS)):
            yield Collection(kind, CollectorState.PARTIAL, name, None, reason, (ITEMS,))


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
    has_records = step.get(ITEMS).value is not None
    facts = {} if has_records and step.get("data").value is None else data(step)
    if kind == "SystemD":
        facts = systemd.facts(facts)
    facts = structured(kind, name, step, facts)
    remarks = step.get("context").texts()
    return Subtype(name, facts, {key: said for key, said in remarks.items() if key not in facts})


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
