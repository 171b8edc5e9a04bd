"""Who was judged and what was said, written down and read back.

Alike subjects share one list of verdicts.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Enforcement, Scope
from eidos.engine.model.verdict import Verdict
from eidos.engine.records import dataclass
from eidos.engine.store.sqlite.addresses import (
    AlteredError,
    address_in,
    address_of,
    expect,
    intern,
    reading_row,
    unpacked,
)
from eidos.engine.store.sqlite.blobs import read_blob
from eidos.engine.store.sqlite.encoding import (
    addressed,
    decode_judgement,
    decode_locations,
    decode_object,
    parsed,
    storable,
    text,
)
from eidos.engine.store.sqlite.memory import (
    COLUMNS,
    JudgementWriter,
    judgement_of,
    read_judgement,
)

_REMEMBERED = 100_000
"""Rows a reader keeps in memory for those alike, some hundred bytes each."""
_MEMBERS = """SELECT s.id, s.name, s.scope, s.cluster, f.address, json_extract(e.value, '$[2]')
FROM subject_pages p JOIN json_each(p.subjects) e
JOIN subjects s ON s.id = json_extract(e.value, '$[0]')
JOIN addresses f ON f.id = json_extract(e.value, '$[1]') WHERE p.id = ? ORDER BY e.key"""
_SAID = f"""SELECT v.id, v.enforcement, v.waiver, v.memo, m.address, a.address, {COLUMNS}
FROM verdict_lists l JOIN json_each(l.verdicts) e JOIN verdicts v ON v.id = e.value
JOIN judgements j ON j.id = v.judgement JOIN addresses a ON a.id = j.id
LEFT JOIN addresses m ON m.id = v.memo WHERE l.id = ?"""  # noqa: S608 -- names of columns


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


@dataclass(frozen=True, slots=True)
class StoredSubject:
    """A subject as a page names it."""

    row: int
    name: str
    scope: str
    cluster: str
    """``""`` where none is known."""
    facts: str
    """Address of its facts."""
    verdicts: int
    """Row of its list of verdicts."""


class SubjectReader:
    """Reads subjects, each row held against its address.

    What alike subjects share is one object in memory too.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lists: dict[int, tuple[Verdict, ...]] = {}
        self._verdicts: dict[int, Verdict] = {}
        self._addresses: dict[int, str] = {}
        self._list_addresses: dict[int, str] = {}

    def subjects(self, run: int) -> Iterator[Subject]:
        """Give the subjects of the run with this number, in its order.

        Raises:
            AlteredError: they are not what was written.
        """
        parts = self._connection.execute(
            "SELECT file, cluster, timestamp, pages, locations FROM run_parts "
            "WHERE run = ? ORDER BY part",
            (run,),
        ).fetchall()
        for file, cluster, timestamp, pages, locations in parts:
            for page, places in zip(parsed(pages), parsed(locations), strict=True):
                where = json.loads(read_blob(self._connection, places))
                for one, spots in zip(self.page(page), where, strict=True):
                    yield Subject(
                        name=one.name,
                        scope=Scope(one.scope),
                        file=file,
                        digest=one.facts,
                        verdicts=self.verdicts(one.verdicts),
                        cluster=cluster,
                        timestamp=timestamp,
                        object=decode_object(spots),
                        locations=decode_locations(spots, file),
                    )

    def page(self, row: int) -> list[StoredSubject]:
        """Give the subjects of a page."""
        with reading_row("subject_pages", row):
            (written,) = self._connection.execute(
                "SELECT subjects FROM subject_pages WHERE id = ?", (row,)
            ).fetchone()
            entries = parsed(written)
            found = self._members(row) if entries else []
            if len(found) != len(entries):
                found = [self._subject(*entry) for entry in entries]  # which tells what is lost
            said: list[list[str]] = [
                [one.cluster, one.scope, one.name, one.facts, self._list_address(one.verdicts)]
                for one in found
            ]
            at = address_of(self._connection, row)
            address = addressed(said)
            if address != at:  # no cluster is kept as an empty name
                address = addressed([[cluster or None, *others] for cluster, *others in said])
            expect("subject_pages", row, at, address)
        return found

    def _members(self, page: int) -> list[StoredSubject]:
        """Give the subjects of a page whose rows are all there, in one query."""
        found = self._connection.execute(_MEMBERS, (page,))
        return [
            StoredSubject(row, name, scope, cluster, unpacked(facts), verdicts)
            for row, name, scope, cluster, facts, verdicts in found
        ]

    def _list_address(self, row: int) -> str:
        if row not in self._list_addresses:
            _bound(self._list_addresses)
            self._list_addresses[row] = address_in(self._connection, "verdict_lists", row)
        return self._list_addresses[row]

    def _subject(self, row: int, facts: int, verdicts: int) -> StoredSubject:
        name, scope, cluster = self._connection.execute(
            "SELECT name, scope, cluster FROM subjects WHERE id = ?", (row,)
        ).fetchone()
        at = address_of(self._connection, facts)
        return StoredSubject(row, name, scope, cluster, at, verdicts)

    def check_list(self, row: int) -> list[int]:
        """Give the verdicts of a list, by row; what the rules said is not looked at."""
        with reading_row("verdict_lists", row):
            (written,) = self._connection.execute(
                "SELECT verdicts FROM verdict_lists WHERE id = ?", (row,)
            ).fetchone()
            rows: list[int] = parsed(written)
            found = addressed([self._address(verdict) for verdict in rows])
        expect("verdict_lists", row, address_of(self._connection, row), found)
        return rows

    def _address(self, verdict: int) -> str:
        if verdict not in self._addresses:
            _bound(self._addresses)
            judgement, enforcement, waiver, memo = self._row(verdict)
            at = address_in(self._connection, "judgements", judgement)
            self._addresses[verdict] = addressed([at, enforcement, waiver, memo])
        return self._addresses[verdict]

    def _row(self, verdict: int) -> tuple[int, str, str | None, str | None]:
        with reading_row("verdicts", verdict):
            judgement, enforcement, waiver, memo = self._connection.execute(
                "SELECT judgement, enforcement, waiver, memo FROM verdicts WHERE id = ?", (verdict,)
            ).fetchone()
        key = None if memo is None else address_of(self._connection, memo)
        return judgement, enforcement, waiver, key

    def verdicts(self, row: int) -> tuple[Verdict, ...]:
        """Give the verdicts of a list, held against their addresses."""
        if row not in self._lists:
            self._learn(row)
            rows = self.check_list(row)
            self._lists[row] = tuple(self._verdict(verdict) for verdict in rows)
        return self._lists[row]

    def _learn(self, verdict_list: int) -> None:
        """Read the verdicts of a list together, each held against its address.

        What does not hold is left to be read alone, which tells what is wrong with it.
        """
        _bound(self._addresses)
        with suppress(sqlite3.OperationalError):  # no JSON, or text that is none
            for verdict, *said in self._connection.execute(_SAID, (verdict_list,)).fetchall():
                if verdict not in self._verdicts:
                    with suppress(AlteredError), reading_row("verdicts", verdict):
                        self._take(verdict, *said)

    def _take(self, verdict: int, *said: Any) -> None:  # noqa: ANN401 - columns of `_SAID`
        enforcement, waiver, key, memo, at, *columns = said
        document = judgement_of(*columns)
        judgement = unpacked(at)
        expect("judgements", "", judgement, addressed(document))
        if key is not None:
            memo = unpacked(_there(memo))
        self._addresses[verdict] = addressed([judgement, enforcement, waiver, memo])
        self._verdicts[verdict] = replace(
            decode_judgement(document),
            enforcement=Enforcement(enforcement),
            waiver=waiver,
            memo=memo,
        )

    def _verdict(self, row: int) -> Verdict:
        if row not in self._verdicts:
            judgement, enforcement, waiver, memo = self._row(row)
            said = read_judgement(self._connection, judgement)
            with reading_row("verdicts", row):
                self._verdicts[row] = replace(
                    said, enforcement=Enforcement(enforcement), waiver=waiver, memo=memo
                )
        return self._verdicts[row]


def _there(address: bytes | str | None) -> bytes | str:
    if address is None:
        raise ValueError("no address")
    return address


def _bound(memory: dict[int, str]) -> None:
    """Forget, however large the database that is gone through."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
