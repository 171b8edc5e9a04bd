"""Writing down who was judged and what was said; alike subjects share one list of verdicts."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from eidos.engine.model.report import Subject
from eidos.engine.model.verdict import Verdict
from eidos.engine.store.sqlite.addresses import intern
from eidos.engine.store.sqlite.encoding import addressed, storable, text
from eidos.engine.store.sqlite.memory import JudgementWriter


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page of subjects in the database."""

    row: int
    address: str
    members: tuple[tuple[int, int], ...]
    """Row of each subject with the row of its verdict list."""


class SubjectWriter:
    """Stores subjects with their verdicts within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._judgements = JudgementWriter(connection)
        self._addresses: dict[str, int] = {}
        # A report's verdicts live as long as it does, so identity is a safe key and a fast one.
        self._verdicts: dict[int, tuple[int, str]] = {}
        self._lists: dict[tuple[int, ...], tuple[int, str]] = {}

    def put_page(self, subjects: Sequence[Subject]) -> WrittenPage:
        """Store a page of subjects."""
        entries = []
        said = []
        for subject in subjects:
            verdicts, at = self._list(subject.verdicts)
            entries.append((self._subject(subject), self._address(subject.digest), verdicts))
            said.append(
                [subject.cluster, subject.scope, storable(subject.name), subject.digest, at]
            )
        address = addressed(said)
        row = intern(self._connection, address)
        self._connection.execute(
            "INSERT OR IGNORE INTO subject_pages (id, subjects) VALUES (?, ?)", (row, text(entries))
        )
        return WrittenPage(row, address, tuple((who, verdicts) for who, _, verdicts in entries))

    def _subject(self, subject: Subject) -> int:
        identity = (storable(subject.name), subject.cluster or "", subject.scope.value)
        row = self._row(
            "SELECT id FROM subjects WHERE name = ? AND cluster = ? AND scope = ?", identity
        )
        return row or self._insert(
            "INSERT INTO subjects (name, cluster, scope) VALUES (?, ?, ?) RETURNING id", identity
        )

    def _address(self, address: str) -> int:
        if address not in self._addresses:
            self._addresses[address] = intern(self._connection, address)
        return self._addresses[address]

    def _list(self, verdicts: tuple[Verdict, ...]) -> tuple[int, str]:
        written = [self._verdict(verdict) for verdict in verdicts]
        rows = tuple(row for row, _ in written)
        if rows not in self._lists:
            at = addressed([address for _, address in written])
            row = intern(self._connection, at)
            self._connection.execute(
                "INSERT OR IGNORE INTO verdict_lists (id, verdicts) VALUES (?, ?)",
                (row, text(rows)),
            )
            self._lists[rows] = row, at
        return self._lists[rows]

    def _verdict(self, verdict: Verdict) -> tuple[int, str]:
        if id(verdict) not in self._verdicts:
            judgement, at = self._judgements.put(verdict)
            memo = None if verdict.memo is None else self._address(verdict.memo)
            values = (judgement, verdict.enforcement.value, verdict.waiver, memo)
            row = self._row(
                "SELECT id FROM verdicts "
                "WHERE judgement = ? AND enforcement = ? AND waiver IS ? AND memo IS ?",
                values,
            )
            row = row or self._insert(
                "INSERT INTO verdicts (judgement, enforcement, waiver, memo) "
                "VALUES (?, ?, ?, ?) RETURNING id",
                values,
            )
            address = addressed([at, verdict.enforcement, verdict.waiver, verdict.memo])
            self._verdicts[id(verdict)] = row, address
        return self._verdicts[id(verdict)]

    def _row(self, query: str, values: tuple[bytes | str | int | None, ...]) -> int | None:
        row = self._connection.execute(query, values).fetchone()
        return int(row[0]) if row else None

    def _insert(self, statement: str, values: tuple[bytes | str | int | None, ...]) -> int:
        return int(self._connection.execute(statement, values).fetchone()[0])
