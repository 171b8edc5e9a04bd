"""Who is judged: the nodes and the cluster of a snapshot, or a document as it is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from eidos.engine.digest import digest
from eidos.engine.model.admission import Review
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    Facts,
    Node,
    Snapshot,
    facts_of,
)
from eidos.engine.records import dataclass
from eidos.engine.vocabulary import vocabulary

TOPOLOGY = tuple(FactAddress("nodetopology", each) for each in ("summary", "label", "taint"))
"""Facts about the cluster that name, and count, all its nodes."""
_CUT = re.compile(r" \(\+[0-9]+ more\)$")
_NAMED = 3
"""Names of nodes in a sentence, at most."""
_NODE = FactAddress("k8s", "node")
"""What an API server says of a node, its labels among it."""


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
    generator: str | None = None
    """What took the snapshot: ``upstream 0.8.12``; None where nobody knows or it cannot be that."""
    facts: Facts = field(default_factory=dict)
    """A node sees the cluster's facts, and its own on top."""
    nodes: Mapping[str, Facts] = field(default_factory=dict)
    """The cluster sees every node."""
    collection: tuple[Collection, ...] = ()
    """What was not collected, or not completely."""
    document: Json = None
    """Scope document: the document itself."""
    beside: Mapping[str, Json] = field(default_factory=dict)
    """Scope recipe: what its rules see beside facts, ``recipe`` and ``answers``."""
    object: str | None = None
    """Scope document: what it calls itself, kind, namespace and name; None when it does not."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the snapshot, and on top of them those of the node object; rules do not see them."""
    review: Review | None = None
    """Scope admission: what is asked, and what is known beside it."""


def absent_nodes(subject: SubjectFacts) -> str | None:
    """Say which nodes of a cluster, by its own facts, are not in the snapshot; None for none.

    Args:
        subject: a cluster with its nodes.
    """
    summary, *listed = (subject.facts.get(each, {}) for each in TOPOLOGY)
    count = summary.get("node-count")
    why = vocabulary().unreadable(TOPOLOGY[0].at("node-count"), summary)
    if why is not None:
        return f"which nodes are not in the snapshot is not known: {why}"
    known = {name for data in listed for name in _names(data)}
    absent = sorted(known - subject.nodes.keys())
    there = max(
        int(count) if isinstance(count, int | float | str) else 0, len(absent) + len(subject.nodes)
    )
    few = there - len(subject.nodes)
    if few == 0:
        return None
    names = ", ".join(absent[:_NAMED])
    more = " and others" if names and few > _NAMED else ""
    are = "is" if few == 1 else "are"
    said = f"{few} of the cluster's {there} nodes {are} not in the snapshot"
    return f"{said}: {names}{more}" if names else said


def _names(data: Mapping[str, Json]) -> Iterator[str]:
    """Give the nodes that labels or taints are on, also in the older form, ``value|a,b``."""
    for key, value in data.items():
        if isinstance(value, list):
            lists = (item.get("nodes") for item in value if isinstance(item, Mapping))
            every = (name for names in lists if isinstance(names, list) for name in names)
            yield from (name for name in every if isinstance(name, str))
        elif isinstance(value, str) and key != "items":
            yield from filter(None, _CUT.sub("", value.rpartition("|")[2]).split(","))


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
        generator=_generator(snapshot),
        facts=facts_of(snapshot.measurements),
        nodes={node.name: facts_of(node.measurements) for node in _every_node(snapshot)},
        collection=snapshot.gaps,
        labels=snapshot.metadata.labels,
    )


def recipe_facts(cluster: SubjectFacts, name: str, beside: Mapping[str, Json]) -> SubjectFacts:
    """Give a recipe, held against a cluster, as a subject.

    Args:
        cluster: as `cluster_facts` gives it.
        name: of the recipe.
        beside: ``recipe``, the document, and ``answers``: what constraints and the rules that
            select answer on this cluster, and which nodes have GPUs.
    """
    address = digest([cluster.digest, beside])
    return replace(cluster, name=name, scope=Scope.RECIPE, digest=address, beside=beside)


def node_facts(seen: AddressedSnapshot, file: str) -> list[SubjectFacts]:
    """Give each node of a snapshot as a subject, also one of which nothing was seen.

    Args:
        seen: the snapshot. Nodes with the same facts and gaps get the same digest.
        file: where it was found.
    """
    snapshot, digests = seen.snapshot, seen.digests
    shared, generator = facts_of(snapshot.measurements), _generator(snapshot)
    gaps = snapshot.gaps
    # A node sees the cluster's facts too, so what they are is part of its digest.
    cluster = [entry for key, entry in sorted(digests.subtypes.items(), key=str) if key[0] is None]
    own = [facts_of(node.measurements) for node in _every_node(snapshot)]
    return [
        SubjectFacts(
            name=node.name,
            scope=Scope.NODE,
            file=file,
            digest=digest([cluster, digests.nodes.get(node.name), _about(gaps, node.name)]),
            cluster=snapshot.metadata.cluster,
            timestamp=snapshot.metadata.timestamp,
            generator=generator,
            facts={**shared, **facts},
            collection=tuple(gap for gap in gaps if gap.node in (None, node.name)),
            labels=labels_of(snapshot, facts),
        )
        for node, facts in zip(_every_node(snapshot), own, strict=True)
    ]


def labels_of(snapshot: Snapshot, node: Facts) -> Mapping[str, str]:
    """Give the labels of a snapshot, and on top of them those that a node object carries.

    Args:
        snapshot: what was seen.
        node: facts of one of its nodes.
    """
    carried = node.get(_NODE, {}).get("labels")
    shared = snapshot.metadata.labels
    if not isinstance(carried, Mapping):
        return shared
    return {**shared, **{name: str(value) for name, value in carried.items()}}


def _generator(snapshot: Snapshot) -> str | None:
    """Give what took a snapshot; None where it holds facts that no such tool has: it is not so."""
    generator = snapshot.metadata.generator
    owners = (snapshot.measurements, *(node.measurements for node in snapshot.nodes))
    every = (address for measurements in owners for address in facts_of(measurements))
    return None if any(vocabulary().unsayable(each, generator) for each in every) else generator


def _every_node(snapshot: Snapshot) -> tuple[Node, ...]:
    return (*snapshot.nodes, *snapshot.unseen)


def document_facts(document: Json, file: str) -> SubjectFacts:
    """Give any document as a subject, for plain rules.

    Args:
        document: its value.
        file: where it was found; also what the subject is called.
    """
    address = digest(document)
    called = _called(document)
    return SubjectFacts(file, Scope.DOCUMENT, file, address, document=document, object=called)


def bundle_facts(bundle: Mapping[str, Json], name: str, file: str) -> SubjectFacts:
    """Give what was rendered as a subject.

    Args:
        bundle: recipe, plan, objects, values and files, as rules of scope bundle see them.
        name: of the recipe.
        file: where the bundle is, or will be.
    """
    return SubjectFacts(name, Scope.BUNDLE, file, digest(bundle), document=dict(bundle))


def review_facts(
    review: Review, name: str, file: str, cluster: SubjectFacts | None = None
) -> SubjectFacts:
    """Give a review as a subject.

    Args:
        review: what is asked.
        name: what reports call it.
        file: where it was found.
        cluster: as `cluster_facts` gives it, where a snapshot is context.
    """
    space = review.namespace
    known: list[object] = [
        cluster.digest if cluster else None,
        review.no_facts,
        [space.name, dict(space.labels), space.known, space.object] if space else None,
        None if review.inventory is None else sorted(map(list, review.inventory)),
        sorted(map(list, review.seen)),
        dict(review.beside),
    ]
    facts = cluster or SubjectFacts(name, Scope.ADMISSION, file, "")
    request = review.request
    changed = request.get("object") or request.get("oldObject")
    return replace(
        facts,
        name=name,
        scope=Scope.ADMISSION,
        file=file,
        digest=digest([request, known]),
        review=review,
        object=_called(changed),
    )


def _called(document: Json) -> str | None:
    """Give kind, namespace and name of an object of Kubernetes, and of what looks like one."""
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(metadata, Mapping):
        return None
    parts = (document.get("kind"), metadata.get("namespace"), metadata.get("name"))
    if not (isinstance(parts[0], str) and isinstance(parts[2], str)):
        return None
    return "/".join(part for part in parts if isinstance(part, str))


def _about(gaps: tuple[Collection, ...], node: str) -> list[Json]:
    return [
        [gap.type, gap.subtype, gap.status.value, gap.reason, list(gap.keys)]
        for gap in gaps
        if gap.node in (None, node)
    ]
