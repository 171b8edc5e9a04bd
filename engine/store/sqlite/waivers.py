"""Waivers, each kept once, whatever file it stood in, and their lives: by which runs it was used.

What a run was given is in its details, and so under its address. The lives follow from the details
and verdicts of all runs; they are one row for each waiver, however many runs there are.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from eidos.engine.model.report import Report, WaiverNote
from eidos.engine.model.waiver import Waiver, WaiverLife
from eidos.engine.records import dataclass
from eidos.engine.store.sqlite.addresses import AlteredError, address_of, find, reading_row
from eidos.engine.store.sqlite.blobs import BlobWriter, read_blob
from eidos.engine.store.sqlite.encoding import (
    addressed,
    decode_waiver,
    encode_place,
    encode_waiver,
    encoded,
    storable,
    text,
)

_BESIDE = ("broad", "self-approved")
"""Notes on who wrote a waiver and how much it is for, which say nothing of what became of it."""
_PUT = (
    "INSERT OR IGNORE INTO waivers (id, waiver, rule, owner, approver, since, until) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_LIVED = """INSERT INTO waiver_lives (waiver, first, last, first_used, last_used, uses, state)
VALUES (:waiver, :run, :run, :used, :used, :used IS NOT NULL, :state)
ON CONFLICT (waiver) DO UPDATE SET last = excluded.last, state = excluded.state,
    first_used = coalesce(first_used, excluded.first_used),
    last_used = coalesce(excluded.last_used, last_used), uses = uses + excluded.uses"""
_READ = """SELECT l.waiver, f.run, t.run, fu.run, lu.run, l.uses, l.state FROM waiver_lives l
JOIN runs f ON f.number = l.first JOIN runs t ON t.number = l.last
LEFT JOIN runs fu ON fu.number = l.first_used LEFT JOIN runs lu ON lu.number = l.last_used
ORDER BY l.first, l.waiver"""


@dataclass(frozen=True, slots=True)
class Given:
    """A waiver that a run was given."""

    row: int
    id: str


# Writing ----------------------------------------------------------------------------------------


def put_waivers(
    connection: sqlite3.Connection, blobs: BlobWriter, waivers: Iterable[Waiver]
) -> tuple[list[Given], list[Any]]:
    """Store what is new of these waivers.

    Returns:
        The waivers by row, and what the details of the run say of each: ``[address, place]``.
    """
    given, said = [], []
    for waiver in waivers:
        document = encode_waiver(waiver)
        at = addressed(document)
        given.append(Given(_put(connection, blobs, document), waiver.id))
        said.append([at, encode_place(waiver.location)])
    return given, said


def _put(connection: sqlite3.Connection, blobs: BlobWriter, document: Mapping[str, Any]) -> int:
    row = blobs.put("waiver", encoded(document))
    connection.execute(_PUT, (row, *_columns(document)))
    return row


def _columns(document: Mapping[str, Any]) -> tuple[str | None, ...]:
    since: str | None = document["since"]
    names = ("id", "rule", "owner", "approver")
    return (*(storable(document[name]) for name in names), since, document["until"])


def record_lives(
    connection: sqlite3.Connection, run: int, given: Iterable[Given], report: Report
) -> None:
    """Write down what became of the waivers that a run was given."""
    used = {verdict.waiver for verdict, _ in report.distinct if verdict.waiver is not None}
    _record(connection, run, given, used, report.waiver_notes)


def _record(
    connection: sqlite3.Connection,
    run: int,
    given: Iterable[Given],
    used: Collection[str],
    notes: Sequence[WaiverNote],
) -> None:
    told = {note.waiver: note.state for note in reversed(notes) if note.state not in _BESIDE}
    for each in {one.row: one for one in given}.values():
        state = told.get(each.id, "used" if each.id in used else "unused")
        values = {"waiver": each.row, "run": run, "state": state}
        connection.execute(_LIVED, {**values, "used": run if each.id in used else None})


# Reading ----------------------------------------------------------------------------------------


def read_waivers(connection: sqlite3.Connection, said: Iterable[Any]) -> tuple[Waiver, ...]:
    """Give the waivers that the details of a run name.

    Args:
        connection: the database.
        said: ``[address, place]`` of each, or all of it, as the first databases had it.
    """
    return tuple(
        decode_waiver(each)
        if isinstance(each, dict)
        else decode_waiver(json.loads(read_blob(connection, _row(connection, each[0]))), each[1])
        for each in said
    )


def _row(connection: sqlite3.Connection, at: str) -> int:
    row = find(connection, at)
    if row is None:
        raise AlteredError("waivers", "", "have lost one that a run was given", expected=at)
    return row


def check_waiver(connection: sqlite3.Connection, row: int) -> None:
    """Hold what a row says against the waiver itself.

    Raises:
        AlteredError: they differ, or it is not what its address says.
    """
    written = read_blob(connection, row)
    with reading_row("waivers", row):
        expected = _columns(json.loads(written))
        found = connection.execute(
            "SELECT waiver, rule, owner, approver, since, until FROM waivers WHERE id = ?", (row,)
        ).fetchone()
    if found != expected:
        what = "is not what the waiver says"
        raise AlteredError("waivers", row, what, text(expected), text(found))


def read_lives(connection: sqlite3.Connection) -> Iterator[WaiverLife]:
    """Give every waiver with its life, in the order in which they were first given."""
    for row, first, last, first_used, last_used, *rest in connection.execute(_READ).fetchall():
        with reading_row("waivers", row):
            waiver = decode_waiver(json.loads(read_blob(connection, row)))
        runs = (first, last, first_used, last_used)
        yield WaiverLife(waiver, address_of(connection, row), *runs, *rest)


# Working out again ------------------------------------------------------------------------------


def rebuild_lives(connection: sqlite3.Connection) -> None:
    """Fill the table of lives, which is empty, from the details and verdicts of all runs.

    Raises:
        AlteredError: they are not what was written.
    """
    uses = _Uses(connection)
    for number, details in _told(connection):
        given = [
            Given(_row(connection, at), _id(connection, at)) for at in addresses_given(details)
        ]
        notes = [WaiverNote(*note) for note in details.get("waiver_notes", ())]
        _record(connection, number, given, uses.of(number), notes)


def adopt_waivers(connection: sqlite3.Connection) -> None:
    """Store the waivers that runs of an older eidos hold whole in their details, and lives."""
    blobs = BlobWriter(connection)
    for _, details in _told(connection):
        put_waivers(connection, blobs, read_waivers(connection, details["waivers"]))
    rebuild_lives(connection)


def addresses_given(details: Mapping[str, Any]) -> list[str]:
    """Give the addresses of the waivers that the details of a run name."""
    return [
        addressed({name: value for name, value in each.items() if name != "location"})
        if isinstance(each, dict)
        else each[0]
        for each in details.get("waivers", ())
    ]


def _id(connection: sqlite3.Connection, at: str) -> str:
    """Give the id in the waiver at an address, which may be longer than what its row has."""
    written: dict[str, str] = json.loads(read_blob(connection, _row(connection, at)))
    return written["id"]


def _told(connection: sqlite3.Connection) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the runs that were given waivers, with their details."""
    last: tuple[int | None, Mapping[str, Any]] = None, {}
    runs = connection.execute(
        "SELECT number, details FROM runs WHERE details IS NOT NULL ORDER BY number"
    )
    for number, row in runs.fetchall():
        if row != last[0]:  # neighbouring runs mostly say the same
            last = row, json.loads(read_blob(connection, row))
        if last[1].get("waivers"):
            yield number, last[1]


class _Uses:
    """Which waivers the verdicts of a run name; pages that runs share are read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._pages: dict[int, frozenset[str]] = {}

    def of(self, run: int) -> frozenset[str]:
        pages = self._connection.execute(
            "SELECT page.value FROM run_parts p JOIN json_each(p.pages) page WHERE p.run = ?",
            (run,),
        )
        return frozenset().union(*(self._page(page) for (page,) in pages.fetchall()))

    def _page(self, page: int) -> frozenset[str]:
        if page not in self._pages:
            found = self._connection.execute(
                "SELECT DISTINCT v.waiver FROM subject_pages sp JOIN json_each(sp.subjects) e "
                "JOIN verdict_lists l ON l.id = json_extract(e.value, '$[2]') "
                "JOIN json_each(l.verdicts) each JOIN verdicts v ON v.id = each.value "
                "WHERE sp.id = ? AND v.waiver IS NOT NULL",
                (page,),
            )
            self._pages[page] = frozenset(waiver for (waiver,) in found)
        return self._pages[page]
