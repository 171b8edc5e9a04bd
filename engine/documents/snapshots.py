"""Snapshots from documents of every dialect, and back."""

from collections.abc import Sequence

from eidos.engine.documents import current, dialects, upstream, upstreamwriting
from eidos.engine.documents.dialects import is_snapshot
from eidos.engine.documents.measurements import Places
from eidos.engine.documents.reading import Document
from eidos.engine.documents.walking import Path, Step
from eidos.engine.errors import Location, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import API_VERSION, Snapshot
from eidos.engine.records import dataclass

__all__ = ["SnapshotDocument", "is_snapshot", "read_snapshot", "write_snapshot"]


@dataclass(frozen=True, slots=True)
class SnapshotDocument:
    """A snapshot and the document it was read from."""

    snapshot: Snapshot
    document: Document
    places: Places

    def locate(self, node: str | None, path: Sequence[str | int]) -> Location:
        """Give the line of a fact.

        Args:
            node: whose fact it is; None for the cluster.
            path: segments of a fact path: ``("gpu", "smi", "driver")``; ``("nodes", NAME, ...)``
                leads to a node's facts. Keys that hold dots may come in parts.

        Returns:
            The place of the fact, or of the nearest thing around it that the document has.
        """
        segments = tuple(path)
        if len(segments) > 1 and segments[0] == "nodes" and segments[1] in self.places.nodes:
            node, segments = str(segments[1]), segments[2:]
        place = self._subtype(node, segments)
        if place is None:
            return self.document.location(self.places.nodes.get(node or "", ()))
        return self.document.location(_key(self.document.value, place, segments[2:]))

    def node_place(self, node: str) -> Path | None:
        """Give the path that says a node's name; None where nothing but `collection` names it."""
        return self.places.nodes.get(node)

    def _subtype(self, node: str | None, segments: Path) -> Path | None:
        names = tuple(str(segment) for segment in segments[:2])
        kind, name = (names[0].lower(), names[1]) if len(names) == 2 else ("", "")  # noqa: PLR2004 - type.subtype
        return self.places.facts.get((node, kind, name)) or self.places.facts.get(
            (None, kind, name)
        )


def _key(value: Json, place: Path, rest: Path) -> Path:
    """Extend a place by a key and what is in it; the longest key that exists wins."""
    for segment in place:
        value = value[segment]  # type: ignore[index]
    if not isinstance(value, dict):
        return (*place, *rest)
    for end in range(len(rest), 0, -1):
        key = ".".join(str(segment) for segment in rest[:end])
        if key in value:
            return (*place, key, *rest[end:])
    return place


def read_snapshot(document: Document, *, lenient: bool = False) -> SnapshotDocument:
    """Make a snapshot of a document of any dialect.

    Args:
        document: what `eidos.engine.documents.reading` gave.
        lenient: accept measurements without apiVersion and kind.

    Raises:
        DocumentError: it is no snapshot, or has the wrong shape; the first trouble found.
    """
    step = Step(document, document.value)
    speaks = dialects.dialect(step, lenient=lenient)
    reader = current.read if speaks == API_VERSION else upstream.read
    places = Places()
    return SnapshotDocument(reader(step, places), document, places)


def write_snapshot(snapshot: Snapshot, dialect: str = API_VERSION) -> Json:
    """Make a document of a snapshot.

    Args:
        snapshot: what to write.
        dialect: ``eidos.dev/v1``, or the newest upstream dialect, which holds one node.

    Raises:
        UsageError: the dialect cannot be written, or cannot hold the snapshot.
    """
    if dialect == API_VERSION:
        return current.write(snapshot)
    if dialect == dialects.NEWEST_UPSTREAM:
        return upstreamwriting.write(snapshot)
    writable = (API_VERSION, dialects.NEWEST_UPSTREAM)
    raise UsageError(f"snapshots cannot be written as {dialect!r}", hint=nearest(dialect, writable))
