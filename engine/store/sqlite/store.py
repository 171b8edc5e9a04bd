"""The port on SQLite: each method is one transaction over what the other modules do."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from eidos.engine.errors import StoreError
from eidos.engine.model.history import Capture, Outline, Window
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.recorded_bundling import RecordedBundling
from eidos.engine.model.report import Report
from eidos.engine.model.run import RunSummary
from eidos.engine.model.snapshot import AddressedSnapshot, ChangedSubtype
from eidos.engine.model.times import written
from eidos.engine.model.upkeep import Checkpoint, Keep, Pruned, Vacuumed
from eidos.engine.model.verification import Alteration, ChainLink
from eidos.engine.model.waiver import WaiverLife
from eidos.engine.ports import Remembered
from eidos.engine.store.sqlite import (
    bundles,
    captures,
    chain,
    history,
    memory,
    pruning,
    rebuilding,
    recipes,
    runs,
    sweeping,
    trees,
    verifying,
    waivers,
)
from eidos.engine.store.sqlite.database import BUSY_SECONDS, Database
from eidos.engine.store.sqlite.encoding import last_millisecond, milliseconds
from eidos.engine.store.sqlite.recording import SqliteRecording
from eidos.engine.store.sqlite.tables import DERIVED


def open_sqlite(
    path: Path,
    *,
    read_only: bool = False,
    busy_seconds: float = BUSY_SECONDS,
    now: Callable[[], datetime] | None = None,
) -> "SqliteStore":
    """Open a database, making it if need be.

    Args:
        path: the file.
        read_only: neither make nor change anything.
        busy_seconds: how long to wait for another writer.
        now: tells when a run is recorded; None to take when it started.

    Raises:
        StoreError: it cannot be opened, read or written, is no database of ours, or was written by
            a newer eidos.
    """
    database = Database(path, read_only=read_only, busy_seconds=busy_seconds)
    return SqliteStore(database, now)


class SqliteStore:
    """An open database; see `eidos.engine.ports.Store`."""

    def __init__(self, database: Database, now: Callable[[], datetime] | None = None) -> None:
        self._database = database
        self._now = now

    @property
    def place(self) -> str:
        """The file, as the user named it."""
        return self._database.place

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
        self._database.close()

    def recall(self, keys: Sequence[str], sealer: str) -> Mapping[str, Remembered]:
        """Give what is remembered for these memo keys under seals of this sealer."""
        with self._database.reading() as connection:
            return memory.recall(connection, keys, sealer)

    def remember(self, verdicts: Sequence[Remembered]) -> None:
        """Keep verdicts by memo key and sealer; errors and waived ones are left out."""
        with self._database.writing() as connection:
            memory.remember(connection, verdicts)

    def remembered(self) -> Iterator[Remembered]:
        """Give everything that is remembered, one in memory at a time."""
        with self._database.reading() as connection:
            yield from memory.read_memos(connection)

    def alterations(self) -> Iterator[Alteration]:
        """Read everything there is, and give what is not as it was written."""
        with self._database.reading() as connection:
            yield from verifying.alterations(connection)

    def chain(self) -> Iterator[ChainLink]:
        """Give every run with its link, in the order in which they were recorded."""
        with self._database.reading() as connection:
            yield from chain.read_chain(connection)

    def checkpoints(self) -> list[Checkpoint]:
        """Give what stands in the chain for runs that were pruned."""
        with self._database.reading() as connection:
            return pruning.read_checkpoints(connection)

    def prune(self, keep: Keep, now: datetime, seal: Callable[[Checkpoint], Checkpoint]) -> Pruned:
        """Let old runs go, with what only they name; a checkpoint stands in their place."""

        def make(first: int, last: int, link: str) -> Checkpoint:
            return seal(Checkpoint(first, last, link, written(now)))

        with self._database.upkeep() as connection:
            counts = pruning.prune(connection, keep, milliseconds(now), make)
        return Pruned(self.place, *counts, checkpoints=tuple(self.checkpoints()))

    def prunable(self, keep: Keep) -> Pruned:
        """Say what pruning would do."""
        with self._database.reading() as connection:
            _, counts = pruning.chosen(connection, keep)
        return Pruned(self.place, *counts, checkpoints=tuple(self.checkpoints()), is_dry=True)

    def vacuum(self) -> Vacuumed:
        """Work out again what follows from the runs, drop what none names, and give back space."""
        before = self._database.size
        with self._database.reading() as connection:
            altered = next(verifying.content_alterations(connection), None)
        if altered is not None and altered.table not in DERIVED:
            raise StoreError(
                f"the database is damaged: {altered}",
                hint="See what else is with: eidos history verify. Then restore it from a backup.",
            )
        with self._database.upkeep() as connection:
            rebuilt = rebuilding.rebuild(connection)
            sweeping.sweep(connection)
        self._database.compact()
        return Vacuumed(self.place, before, self._database.size, rebuilt)

    def export(self, file: Path) -> None:
        """Write everything into a new file, as of one moment."""
        self._database.copy_to(file)

    @contextmanager
    def recording(self, started: str) -> Iterator[SqliteRecording]:
        """Begin to record a run."""
        yield SqliteRecording(self._database, started, self._now)

    def runs(
        self,
        limit: int | None = None,
        asked: Window | None = None,
        known: datetime | None = None,
    ) -> list[RunSummary]:
        """Give runs, last recorded first."""
        with self._database.reading() as connection:
            return runs.list_runs(connection, limit, asked, known)

    def run(self, name: str) -> Report:
        """Give the report of a run."""
        with self._database.reading() as connection:
            return runs.rebuild(connection, runs.find_run(connection, name))

    def keep_recipe(self, document: Mapping[str, Json]) -> str:
        """Keep a recipe by its content address, and give that."""
        with self._database.writing() as connection:
            return recipes.put_recipe(connection, document)

    def recipe(self, address: str) -> Mapping[str, Json]:
        """Give a recipe by its content address."""
        with self._database.reading() as connection:
            return recipes.read_recipe(connection, address)

    def bundlings(
        self,
        cluster: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[RecordedBundling]:
        """Give what gates decided about bundles, last recorded first."""
        with self._database.reading() as connection:
            return bundles.list_bundlings(connection, cluster, since, until)

    def bundling(self, name: str) -> tuple[RecordedBundling, bytes]:
        """Give one of these, with its ``gate.json``."""
        with self._database.reading() as connection:
            return bundles.read_bundling(connection, name)

    def snapshot(self, address: str) -> AddressedSnapshot:
        """Give a snapshot by its content address, as last captured."""
        with self._database.reading() as connection:
            return captures.read_capture(connection, captures.find_address(connection, address))

    def snapshot_of(
        self, cluster: str, at: datetime, known: datetime | None = None
    ) -> AddressedSnapshot:
        """Give what was last seen of a cluster at a moment."""
        by = None if known is None else milliseconds(known)
        with self._database.reading() as connection:
            capture = captures.find_cluster(connection, cluster, last_millisecond(at), by)
            return captures.read_capture(connection, capture)

    def snapshots_of_run(self, name: str) -> Iterator[AddressedSnapshot]:
        """Give the snapshots that a run judged, one by one."""
        with self._database.reading() as connection:
            number = runs.find_run(connection, name)
            found = captures.captures_of_run(connection, number)
        return (self._captured(number, capture) for capture in found)

    def clusters(self) -> tuple[str, ...]:
        """Name the clusters of which anything was seen, in order."""
        with self._database.reading() as connection:
            return history.read_clusters(connection)

    def captures(
        self,
        cluster: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        last: bool = False,
    ) -> list[Capture]:
        """Give what was seen of a cluster, by the clock of the facts."""
        with self._database.reading() as connection:
            return history.read_captures(connection, cluster, since, until, last=last)

    def outlines(self, addresses: Iterable[str]) -> list[Outline]:
        """Give what snapshots are made of, without unpacking them."""
        with self._database.reading() as connection:
            return list(history.read_outlines(connection, addresses))

    def contents(self, addresses: Collection[str]) -> Mapping[str, Mapping[str, Json]]:
        """Give the data of subtypes by their content addresses."""
        with self._database.reading() as connection:
            return history.read_contents(connection, addresses)

    def policy_of_run(self, name: str) -> Policy:
        """Give what judged a run."""
        with self._database.reading() as connection:
            return history.read_policy(connection, runs.find_run(connection, name))

    def _captured(self, number: int, capture: int) -> AddressedSnapshot:
        # A transaction for each: nothing stored is ever changed, and writers go in between.
        with self._database.reading() as connection:
            return captures.read_capture_of(connection, number, capture)

    def changed_subtypes(self, before: str, after: str) -> Iterator[ChangedSubtype]:
        """Give the subtypes in which two snapshots differ."""
        with self._database.reading() as connection:
            rows = [captures.find_snapshot(connection, name) for name in (before, after)]
            found = list(trees.changed_subtypes(connection, *rows))
        return iter(found)

    def waivers(self) -> Iterator[WaiverLife]:
        """Give every waiver that a run was given, with its life."""
        with self._database.reading() as connection:
            found = list(waivers.read_lives(connection))
        return iter(found)
