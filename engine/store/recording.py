"""Writing one run down: what was seen, by which rules, and what was said."""

import itertools
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from eidos.engine.digest import address
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.store.addresses import packed, unpacked
from eidos.engine.store.blobs import BlobWriter
from eidos.engine.store.clock import state_time
from eidos.engine.store.encoding import (
    addressed,
    encode_locations,
    encode_note,
    encode_problem,
    encoded,
    storable,
    text,
)
from eidos.engine.store.keeping import Keeper, Kept
from eidos.engine.store.pages import pages
from eidos.engine.store.rulebook import put_pack, put_rules
from eidos.engine.store.standings import Observation, record_standings
from eidos.engine.store.subjects import SubjectWriter

GENESIS = "sha256:" + "0" * 64
"""What the first run links to."""

Row = tuple[bytes | str | int | None, ...]
Source = tuple[str, str | None, str | None]
"""File, cluster and timestamp that neighbouring subjects share."""


def record_report(
    connection: sqlite3.Connection,
    report: Report,
    snapshots: Iterable[AddressedSnapshot],
    kept: Sequence[Kept] = (),
) -> None:
    """Write a run, within a transaction in which nobody else can write.

    Args:
        connection: the database.
        report: the run.
        snapshots: what it judged.
        kept: what it judged before those, whose content is already stored.
    """
    _Recording(connection, report).record(snapshots, kept)


class _Recording:
    """One run on its way into the database.

    Each writing step gives rows to insert and what of them goes into the run's link.
    """

    def __init__(self, connection: sqlite3.Connection, report: Report) -> None:
        self._connection = connection
        self._report = report
        self._blobs = BlobWriter(connection)
        self._subjects = SubjectWriter(connection)
        self._observations: list[Observation] = []

    def record(self, snapshots: Iterable[AddressedSnapshot], kept: Sequence[Kept]) -> None:
        groups = [
            (source, list(group))
            for source, group in itertools.groupby(self._report.subjects, key=_source)
        ]
        parts = [self._part(source, subjects) for source, subjects in groups]
        numbers = {
            subject.digest: number
            for number, (_, subjects) in enumerate(groups)
            for subject in subjects
        }
        keeper = Keeper(self._connection, self._blobs, self._report.started)
        every = (*kept, *(keeper.keep(each) for each in snapshots))
        captures = [_capture(each, numbers) for each in every]
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

    def _part(self, source: Source, subjects: Sequence[Subject]) -> tuple[Row, Json]:
        at = state_time(source[2], self._report.started)
        rows: list[int] = []
        places: list[int] = []
        said: list[Json] = []
        for page in pages(subjects, lambda subject: storable(subject.name)):
            written = self._subjects.put_page(page)
            locations = encoded([encode_locations(subject) for subject in page])
            rows.append(written.row)
            places.append(self._blobs.put("locations", locations))
            said.append([written.address, address(locations)])
            self._observations.append(Observation(source[1], at, dict(written.members)))
        return (*source, at, text(rows), text(places)), [*source, said]

    def _run(self, parts: Json, captures: Json) -> int:
        report = self._report
        rules, rules_address = put_rules(self._connection, self._blobs, report.rules)
        details = encoded(_details(report))
        has_details = bool(report.problems or report.waiver_notes or report.prints)
        columns = _columns(report)
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
            "exit_code, counts, subjects, fail_on, allow_incomplete, packs, rules, details, "
            "content, link) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
            (
                *columns.values(),
                text([put_pack(self._connection, pack) for pack in report.packs]),
                rules,
                self._blobs.put("details", details) if has_details else None,
                packed(content),
                packed(addressed([self._last_link(), content])),
            ),
        ).fetchone()
        return int(row[0])

    def _last_link(self) -> str:
        row = self._connection.execute(
            "SELECT link FROM runs ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return unpacked(row[0]) if row else GENESIS


def _capture(kept: Kept, parts: Mapping[str, int]) -> tuple[Row, Json]:
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


def _details(report: Report) -> Json:
    return {
        "problems": [encode_problem(problem) for problem in report.problems],
        "waiver_notes": [encode_note(note) for note in report.waiver_notes],
        "prints": list(report.prints),
    }
