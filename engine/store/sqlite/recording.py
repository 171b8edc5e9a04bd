"""Writing one run down: what was seen, by which rules, and what was said."""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from eidos.engine.digest import address
from eidos.engine.errors import StoreError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recorded_bundling import RecordedBundling
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.records import dataclass
from eidos.engine.store.sqlite.addresses import packed
from eidos.engine.store.sqlite.blobs import BlobWriter
from eidos.engine.store.sqlite.bundles import DETAIL, put_bundling, put_record
from eidos.engine.store.sqlite.chain import link_before
from eidos.engine.store.sqlite.database import Database
from eidos.engine.store.sqlite.encoding import (
    NO_DETAILS,
    addressed,
    encode_details,
    encode_locations,
    encoded,
    milliseconds,
    pages,
    state_time,
    storable,
    text,
)
from eidos.engine.store.sqlite.rulebook import put_pack, put_rules
from eidos.engine.store.sqlite.standings import Observation, record_standings
from eidos.engine.store.sqlite.subjects import SubjectWriter
from eidos.engine.store.sqlite.trees import TreeWriter, encode_remarks
from eidos.engine.store.sqlite.waivers import put_waivers, record_lives

_MANY = 64
"""Snapshots that wait for the run, to be written with it in one go; more would fill the memory."""

Now = Callable[[], datetime]
"""Tells the time."""
Row = tuple[bytes | str | int | None, ...]
Source = tuple[str, str | None, str | None]
"""File, cluster and timestamp that neighbouring subjects share."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the database says of a snapshot whose content is stored."""

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


class SqliteRecording:
    """A run on its way into the database; see `eidos.engine.ports.Recording`."""

    def __init__(self, database: Database, started: str, now: Now | None = None) -> None:
        self._database = database
        self._started = started
        self._now = now
        self._pending: list[int] = []
        self._waiting: list[AddressedSnapshot] = []
        self._kept: list[_Kept] = []

    def keep(self, snapshots: Iterable[AddressedSnapshot]) -> None:
        """Store the content of snapshots, ahead of the run where they are many."""
        self._waiting.extend(snapshots)
        if len(self._waiting) >= _MANY:
            with self._database.writing() as connection:
                kept = self._stored(connection, BlobWriter(connection))
                pending = self._await(connection, kept)
            self._pending += pending
            self._take(kept)

    def record(
        self, report: Report, bundling: tuple[RecordedBundling, bytes] | None = None
    ) -> None:
        """Write the run."""
        with self._database.writing() as connection:
            self._claim(connection)
            writer = _RunWriter(connection, report, self._moment())
            if bundling is not None:
                writer.put_bundling(*bundling)
            parts = writer.put_subjects()
            kept = self._stored(connection, writer.blobs)
            number = writer.put_run(parts, [*self._kept, *kept])
            if bundling is not None:
                put_bundling(connection, writer.blobs, number, bundling[0])
        self._take(kept)

    def _moment(self) -> int:
        """Give the knowledge time of the run; where no clock is given, when it started."""
        return milliseconds(self._now()) if self._now else state_time(None, self._started)

    def _await(self, connection: sqlite3.Connection, kept: Iterable[_Kept]) -> list[int]:
        """Have what is stored ahead of the run spared by who prunes meanwhile."""
        since = state_time(None, self._started)
        insert = "INSERT INTO pending (snapshot, remarks, since) VALUES (?, ?, ?) RETURNING id"
        rows = [(each.snapshot, each.remarks, since) for each in kept]
        return [int(connection.execute(insert, row).fetchone()[0]) for row in rows]

    def _claim(self, connection: sqlite3.Connection) -> None:
        """Take what was stored ahead for the run.

        Raises:
            StoreError: it was pruned, as it is only after days.
        """
        for pending in self._pending:
            if not connection.execute("DELETE FROM pending WHERE id = ?", (pending,)).rowcount:
                raise StoreError(
                    "the snapshots of this run were pruned before it was recorded",
                    hint="Run the check again; prune spares what was stored in the last day.",
                )

    def _stored(self, connection: sqlite3.Connection, blobs: BlobWriter) -> list[_Kept]:
        keeper = _Keeper(connection, blobs, self._started)
        return [keeper.keep(each) for each in self._waiting]

    def _take(self, kept: Iterable[_Kept]) -> None:
        """Forget what waited; only after the commit, which may fail."""
        self._kept += kept
        self._waiting.clear()


class _Keeper:
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

    def keep(self, seen: AddressedSnapshot) -> _Kept:
        """Store what is new of a snapshot."""
        metadata = seen.metadata
        at = state_time(metadata.timestamp, self._started)
        remarks = encode_remarks(seen.snapshot)
        written = encoded(remarks)
        return _Kept(
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


class _RunWriter:
    """Writes one run within one transaction.

    Each writing step gives rows to insert and what of them goes into the run's link.
    """

    def __init__(self, connection: sqlite3.Connection, report: Report, recorded: int) -> None:
        self._connection = connection
        self._report = report
        self._recorded = recorded
        self.blobs = BlobWriter(connection)
        self._subjects = SubjectWriter(connection)
        self._observations: list[Observation] = []
        self._parts: dict[str, int] = {}
        """The part that each address of facts was judged in."""
        self._more: dict[str, Json] = {}
        """Details that the report does not hold."""

    def put_bundling(self, bundling: RecordedBundling, document: bytes) -> None:
        """Keep what was decided about a bundle, to be named by the run's details."""
        self._more[DETAIL] = put_record(self.blobs, bundling, document)

    def put_subjects(self) -> list[tuple[Row, Json]]:
        """Write who was judged and what was said, in parts of one source each."""
        parts: list[tuple[Row, Json]] = []
        for source, group in itertools.groupby(self._report.subjects, key=_source):
            subjects = list(group)
            self._parts.update((subject.digest, len(parts)) for subject in subjects)
            parts.append(self._part(source, subjects))
        return parts

    def put_run(self, parts: Sequence[tuple[Row, Json]], kept: Iterable[_Kept]) -> int:
        """Write the run itself, with its parts and the snapshots it judged; give its number."""
        captures = [_capture(each, self._parts) for each in kept]
        run = self._run([said for _, said in parts], [said for _, said in captures])
        self._connection.executemany(
            "INSERT INTO run_parts (run, part, file, cluster, timestamp, at, pages, locations) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(run, number, *row) for number, (row, _) in enumerate(parts)],
        )
        self._connection.executemany(
            "INSERT INTO captures (run, snapshot, cluster, at, timestamp, generator, labels, "
            "part, remarks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(run, *row) for row, _ in captures],
        )
        record_standings(self._connection, run, self._observations)
        return run

    def _part(self, source: Source, subjects: Sequence[Subject]) -> tuple[Row, Json]:
        at = state_time(source[2], self._report.started)
        rows: list[int] = []
        places: list[int] = []
        said: list[Json] = []
        for page in pages(subjects, lambda subject: storable(subject.name)):
            written = self._subjects.put_page(page)
            locations = encoded([encode_locations(subject) for subject in page])
            rows.append(written.row)
            places.append(self.blobs.put("locations", locations))
            said.append([written.address, address(locations)])
            self._observations.append(Observation(source[1], at, dict(written.members)))
        return (*source, at, text(rows), text(places)), [*source, said]

    def _run(self, parts: Json, captures: Json) -> int:
        report = self._report
        rules, rules_address = put_rules(self._connection, self.blobs, report.rules)
        given, waivers = put_waivers(self._connection, self.blobs, report.waivers)
        said = encode_details(report, waivers) | self._more
        details = encoded(said)
        columns = {**_columns(report), "recorded": self._recorded}
        content = addressed(
            {
                **columns,
                "packs": [[pack.name, pack.version, pack.digest] for pack in report.packs],
                "rules": rules_address,
                "details": address(details),
                "parts": parts,
                "captures": captures,
            }
        )
        row = self._connection.execute(
            "INSERT INTO runs (run, started, effective_time, generator, engine, decision, "
            "exit_code, counts, subjects, fail_on, allow_incomplete, recorded, packs, rules, "
            "details, content, link) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
            (
                *columns.values(),
                text([put_pack(self._connection, pack) for pack in report.packs]),
                rules,
                self.blobs.put("details", details) if said != NO_DETAILS else None,
                packed(content),
                packed(addressed([link_before(self._connection), content])),
            ),
        ).fetchone()
        number = int(row[0])
        record_lives(self._connection, number, given, report)
        return number


def _capture(kept: _Kept, parts: Mapping[str, int]) -> tuple[Row, Json]:
    part = next((parts[address] for address in kept.addresses if address in parts), None)
    who = (kept.timestamp, kept.generator, kept.labels, part)
    row = (kept.snapshot, kept.cluster, kept.at, *who, kept.remarks)
    return row, [kept.addresses[0], kept.cluster, *who, kept.remarks_address]


def _columns(report: Report) -> dict[str, str | int]:
    """Give what a list of runs is made from."""
    counts = {status.value: count for status, count in report.counts.items() if count}
    return {
        "run": report.run,
        "started": report.started,
        "effective_time": report.effective_time,
        "generator": report.generator,
        "engine": report.engine,
        "decision": report.decision.value,
        "exit_code": int(report.exit_code),
        "counts": text(counts),
        "subjects": len(report.subjects),
        "fail_on": report.gate.fail_on.value,
        "allow_incomplete": int(report.gate.allow_incomplete),
    }


def _source(subject: Subject) -> Source:
    return storable(subject.file), subject.cluster, subject.timestamp
