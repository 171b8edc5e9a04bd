"""The store: what it remembers, what it records, what it can be asked."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from eidos.engine.digest import SnapshotDigests
from eidos.engine.model.report import Report
from eidos.engine.model.snapshot import Snapshot
from eidos.engine.model.verdict import Verdict
from eidos.engine.store import memory, recording
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

    def record_report(
        self, report: Report, snapshots: Iterable[tuple[Snapshot, SnapshotDigests]]
    ) -> None:
        """Keep a run with the snapshots it judged: all of it, or nothing."""
        with self._transaction():
            recording.record_report(self._connection, report, snapshots)

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
