"""``eidos snapshot convert``: one snapshot, in another dialect."""

from collections.abc import Sequence
from dataclasses import replace

from eidos.engine.app.context import Context
from eidos.engine.documents.dialects import NEWEST_UPSTREAM
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.documents.upstreamwriting import losses
from eidos.engine.errors import UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import API_VERSION, Snapshot
from eidos.engine.records import dataclass

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
    context: Context,
) -> Conversion:
    """Read one snapshot and write it in another dialect.

    Args:
        argument: a file, ``-`` for standard input, or a stored snapshot.
        dialect: one of `WRITABLE`.
        node: keep only this node; None keeps all.
        lenient: accept a document without apiVersion and kind.
        context: what is open.

    Raises:
        DocumentError: it cannot be read, is no snapshot, or is several.
        UsageError: there is no such node, or the dialect cannot hold the snapshot.
    """
    reader = context.reader(lenient=lenient)
    snapshot = reader.one(argument).snapshot.snapshot
    if node is not None:
        snapshot = _only(snapshot, node)
    value = write_snapshot(snapshot, dialect)
    return Conversion(value, losses(snapshot) if dialect == NEWEST_UPSTREAM else ())


def _only(snapshot: Snapshot, name: str) -> Snapshot:
    kept = tuple(node for node in snapshot.nodes if node.name == name)
    if not kept:
        known = [node.name for node in snapshot.nodes]
        raise UsageError(f"the snapshot has no node {name!r}", hint=nearest(name, known))
    collection = tuple(entry for entry in snapshot.collection if entry.node in (None, name))
    return replace(snapshot, nodes=kept, collection=collection)
