"""Storing the content of snapshots ahead of their run: it need not stay in memory so long."""

import sqlite3
from dataclasses import dataclass

from eidos.engine.digest import address
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.store.blobs import BlobWriter
from eidos.engine.store.clock import state_time
from eidos.engine.store.encoding import encoded, text
from eidos.engine.store.trees import TreeWriter, encode_remarks


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run says of a snapshot whose content is stored."""

    snapshot: int
    """Its row."""
    addresses: tuple[str, ...]
    """Of the snapshot, then of its nodes."""
    cluster: str | None
    at: int
    """State time, in milliseconds."""
    timestamp: str | None
    generator: str | None
    labels: str
    remarks: int | None
    remarks_address: str


class Keeper:
    """Stores the content of snapshots within one transaction.

    Args:
        connection: the database.
        blobs: stores content within the same transaction.
        started: when the run started, RFC 3339: the state time of snapshots that say none.
    """

    def __init__(self, connection: sqlite3.Connection, blobs: BlobWriter, started: str) -> None:
        self._blobs = blobs
        self._trees = TreeWriter(connection, blobs)
        self._started = started

    def keep(self, seen: AddressedSnapshot) -> Kept:
        """Store what is new of a snapshot."""
        metadata = seen.metadata
        at = state_time(metadata.timestamp, self._started)
        remarks = encode_remarks(seen.snapshot)
        written = encoded(remarks)
        return Kept(
            snapshot=self._trees.put(seen.snapshot, seen.digests, at),
            addresses=(seen.digest, *seen.digests.nodes.values()),
            cluster=metadata.cluster,
            at=at,
            timestamp=metadata.timestamp,
            generator=metadata.generator,
            labels=text(metadata.labels),
            remarks=self._blobs.put("remarks", written) if remarks else None,
            remarks_address=address(written),
        )
