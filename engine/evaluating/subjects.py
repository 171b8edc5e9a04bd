"""Who is judged: the nodes and the cluster of a snapshot, or a document as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eidos.engine.digest import digest
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    Facts,
    facts_of,
)


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """Everything that rules of one scope may see of one subject."""

    name: str
    scope: Scope
    file: str
    digest: str
    """Content address of the facts and of what is known to be missing; not of the name."""
    cluster: str | None = None
    timestamp: str | None = None
    facts: Facts = field(default_factory=dict)
    """A node sees the cluster's facts, and its own on top."""
    nodes: Mapping[str, Facts] = field(default_factory=dict)
    """The cluster sees every node."""
    collection: tuple[Collection, ...] = ()
    """What was not collected, or not completely."""
    document: Json = None
    """Scope document: the document itself."""


def cluster_facts(seen: AddressedSnapshot, file: str) -> SubjectFacts:
    """Give the cluster of a snapshot as a subject.

    Args:
        seen: the snapshot; its own digest is the subject's, since rules about a cluster may look
            at every node.
        file: where it was found; names a cluster that has no name.
    """
    snapshot = seen.snapshot
    return SubjectFacts(
        name=snapshot.metadata.cluster or file,
        scope=Scope.CLUSTER,
        file=file,
        digest=seen.digest,
        cluster=snapshot.metadata.cluster,
        timestamp=snapshot.metadata.timestamp,
        facts=facts_of(snapshot.measurements),
        nodes={node.name: facts_of(node.measurements) for node in snapshot.nodes},
        collection=snapshot.gaps,
    )


def node_facts(seen: AddressedSnapshot, file: str) -> list[SubjectFacts]:
    """Give each node of a snapshot as a subject.

    Args:
        seen: the snapshot. Nodes with the same facts and gaps get the same digest.
        file: where it was found.
    """
    snapshot, digests = seen.snapshot, seen.digests
    shared = facts_of(snapshot.measurements)
    gaps = snapshot.gaps
    # A node sees the cluster's facts too, so what they are is part of its digest.
    cluster = [entry for key, entry in sorted(digests.subtypes.items(), key=str) if key[0] is None]
    return [
        SubjectFacts(
            name=node.name,
            scope=Scope.NODE,
            file=file,
            digest=digest([cluster, digests.nodes[node.name], _about(gaps, node.name)]),
            cluster=snapshot.metadata.cluster,
            timestamp=snapshot.metadata.timestamp,
            facts={**shared, **facts_of(node.measurements)},
            collection=tuple(gap for gap in gaps if gap.node in (None, node.name)),
        )
        for node in snapshot.nodes
    ]


def document_facts(document: Json, file: str) -> SubjectFacts:
    """Give any document as a subject, for plain rules.

    Args:
        document: its value.
        file: where it was found; also what the subject is called.
    """
    return SubjectFacts(file, Scope.DOCUMENT, file, digest(document), document=document)


def _about(gaps: tuple[Collection, ...], node: str) -> list[Json]:
    return [
        [gap.type, gap.subtype, gap.status.value, gap.reason, list(gap.keys)]
        for gap in gaps
        if gap.node in (None, node)
    ]
