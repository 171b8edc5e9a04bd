"""``eidos snapshot convert``: one snapshot, in another dialect."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eidos.engine.documents.dialects import NEWEST_UPSTREAM
from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot, write_snapshot
from eidos.engine.documents.upstreamwriting import losses
from eidos.engine.errors import DocumentError, Location, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import API_VERSION, Snapshot

WRITABLE = (API_VERSION, NEWEST_UPSTREAM)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A document in the dialect that was asked for."""

    value: Json
    losses: Sequence[str]
    """One sentence for each thing the dialect could not carry over."""


def convert(
    argument: str,
    dialect: str = API_VERSION,
    *,
    node: str | None = None,
    lenient: bool = False,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Conversion:
    """Read one snapshot and write it in another dialect.

    Args:
        argument: a file, or ``-`` for standard input.
        dialect: one of `WRITABLE`.
        node: keep only this node; None keeps all.
        lenient: accept a document without apiVersion and kind.
        limits: bounds of the reader.

    Raises:
        DocumentError: it cannot be read, or is no snapshot.
        UsageError: the argument names several documents, there is no such node, or the dialect
            cannot hold the snapshot.
    """
    snapshot = _read(argument, lenient=lenient, limits=limits)
    if node is not None:
        snapshot = _only(snapshot, node)
    value = write_snapshot(snapshot, dialect)
    return Conversion(value, losses(snapshot) if dialect == NEWEST_UPSTREAM else ())


def _read(argument: str, *, lenient: bool, limits: Limits) -> Snapshot:
    sources = list(find_sources([argument]))
    if len(sources) != 1:
        hint = "Convert them one by one."
        raise UsageError(f"{argument} names {len(sources)} files, and one is converted", hint=hint)
    documents = read_documents(sources[0], limits)
    if len(documents) != 1:
        raise DocumentError(
            f"the file holds {len(documents)} documents, and one is converted",
            hint="Split the file at its '---' lines.",
            location=Location(sources[0].name),
        )
    return read_snapshot(documents[0], lenient=lenient).snapshot


def _only(snapshot: Snapshot, name: str) -> Snapshot:
    kept = tuple(node for node in snapshot.nodes if node.name == name)
    if not kept:
        known = [node.name for node in snapshot.nodes]
        raise UsageError(f"the snapshot has no node {name!r}", hint=nearest(name, known))
    collection = tuple(entry for entry in snapshot.collection if entry.node in (None, name))
    return replace(snapshot, nodes=kept, collection=collection)
