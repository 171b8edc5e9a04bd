"""The store: what it remembers, what it records, what it can be asked."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from eidos.engine.model.report import Report
from eidos.engine.model.run import RunSummary
from eidos.engine.model.snapshot import AddressedSnapshot, Snapshot
from eidos.engine.model.verdict import Verdict
from eidos.engine.store import captures, memory, recording, runs
from eidos.engine.store.blobs import BlobWriter
from eidos.engine.store.clock import milliseconds
from eidos.engine.store.keeping import Keeper, Kept
from eidos.engine.store.rebuilding import rebuild
from eidos.engine.store.trouble import speaking


class Store:
    """An open database; it implements `eidos.engine.ports.Memo`.

    Every method raises `StoreError` when the database cannot be read or written.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; what was recorded stays."""
        self._connection.close()

    def recall(self, keys: Sequence[str]) -> Mapping[str, Verdict]:
        """Give the verdicts known for these memo keys."""
        with speaking(self.path):
            return memory.recall(self._connection, keys)

    def remember(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts by memo key; errors and waived ones are left out."""
        with self._transaction():
            memory.remember(self._connection, verdicts)

    def keep(self, snapshots: Iterable[AddressedSnapshot], started: str) -> list[Kept]:
        """Store the content of snapshots ahead of the run that judges them.

        Args:
            snapshots: what is being judged.
            started: when the run started, RFC 3339.

        Returns:
            What `record_report` needs of them.
        """
        with self._transaction():
            keeper = Keeper(self._connection, BlobWriter(self._connection), started)
            return [keeper.keep(each) for each in snapshots]

    def record_report(
        self,
        report: Report,
        snapshots: Iterable[AddressedSnapshot],
        kept: Sequence[Kept] = (),
    ) -> None:
        """Keep a run with the snapshots it judged, those kept before first: all, or nothing."""
        with self._transaction():
            recording.record_report(self._connection, report, snapshots, kept)

    def runs(
        self,
        limit: int | None = None,
        cluster: str | None = None,
        since: datetime | None = None,
    ) -> list[RunSummary]:
        """Give runs, last recorded first.

        Args:
            limit: how many at most; None for all.
            cluster: only runs that judged this cluster or its nodes.
            since: only runs started at this moment or later.
        """
        moment = since.isoformat() if since else None
        with speaking(self.path):
            return runs.list_runs(self._connection, -1 if limit is None else limit, cluster, moment)

    def run(self, name: str) -> Report:
        """Give the report of a run: by its id, the beginning of it, or ``latest``.

        Raises:
            UsageError: no run, or more than one, is meant.
        """
        with self._reading():
            return rebuild(self._connection, runs.find_run(self._connection, name))

    def snapshot(self, address: str) -> Snapshot:
        """Give a snapshot by its content address or the beginning of it, as last captured.

        Raises:
            UsageError: no snapshot, or more than one, is meant.
        """
        with self._reading():
            return captures.snapshot_by_address(self._connection, address)

    def snapshot_of(self, cluster: str, at: datetime) -> Snapshot:
        """Give what was last seen of a cluster at a moment.

        Raises:
            UsageError: nothing was seen of it by then.
        """
        with self._reading():
            return captures.snapshot_of_cluster(self._connection, cluster, milliseconds(at))

    def snapshot_of_run(self, name: str) -> Snapshot:
        """Give the snapshot that a run judged; the run is named as for `run`.

        Raises:
            UsageError: no run, or more than one, is meant, or it judged no or several snapshots.
        """
        with self._reading():
            number = runs.find_run(self._connection, name)
            return captures.snapshot_of_run(self._connection, number)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Read as of one moment, whatever is recorded meanwhile."""
        with speaking(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write alone; what fails leaves no trace."""
        with speaking(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
