"""The chain of runs: each is held against its address, and linked to the one before.

Runs are checked many at a time: a few queries read all of them, and what they share is looked up
once.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from typing import Any

from eidos.engine.digest import address
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.verification import ChainLink
from eidos.engine.store.sqlite.addresses import (
    AlteredError,
    address_in,
    expect,
    reading_row,
    unpacked,
)
from eidos.engine.store.sqlite.encoding import NO_DETAILS, addressed, encoded, parsed, state_time
from eidos.engine.store.sqlite.rulebook import read_packs

GENESIS = "sha256:" + "0" * 64
"""What the first run links to."""
_NOTHING = {
    "details": address(encoded(NO_DETAILS)),
    "remarks": address(encoded({})),
}
"""Addresses of what is not stored where there is none of it."""
_LAST = 2**63 - 1
"""The highest number that SQLite gives."""
_TOGETHER = 4096
"""Subjects whose runs are read into memory together, some hundred bytes each."""


def link_before(connection: sqlite3.Connection, number: int = _LAST) -> str:
    """Give the link of the run before a number, pruned or not; of the last one for none."""
    row = connection.execute(
        "SELECT number, link FROM runs WHERE number < :number UNION ALL "
        "SELECT last, link FROM checkpoints WHERE last < :number "
        "ORDER BY number DESC LIMIT 1",
        {"number": number},
    ).fetchone()
    return unpacked(row[1]) if row else GENESIS


def read_chain(connection: sqlite3.Connection) -> Iterator[ChainLink]:
    """Give every run with its link, in the order in which they were recorded."""
    query = "SELECT run, link, number FROM runs ORDER BY number"
    for run, link, number in connection.execute(query):
        yield ChainLink(run, unpacked(link), number)


def check_checkpoint(connection: sqlite3.Connection, last: int) -> None:
    """See that a checkpoint stands where runs were, and that a run goes on from it.

    Its link is held against the run that follows it, by `check_runs`; its seal by who has the key.

    Raises:
        AlteredError: it stands in the place of other runs than it says, or of the last ones.
    """
    (first, next_, before) = connection.execute(
        "SELECT first, (SELECT min(number) FROM runs WHERE number > last), max("
        "coalesce((SELECT max(number) FROM runs WHERE number <= c.last), 0), "
        "coalesce((SELECT max(last) FROM checkpoints o WHERE o.last < c.last), 0)) "
        "FROM checkpoints c WHERE last = ?",
        (last,),
    ).fetchone()
    if first != before + 1 or first > last or next_ != last + 1:
        what = "is not in the place of the runs that it says"
        raise AlteredError("checkpoints", last, what, f"{before + 1}", f"{first}")


def check_run(connection: sqlite3.Connection, number: int) -> None:
    """Hold one run against its address; see `check_runs`.

    Raises:
        AlteredError: they differ.
    """
    check_runs(connection, [number])


def check_runs(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Hold runs, their parts and captures against their addresses, and those against their links.

    What they name by address (subjects, rules, snapshots, ...) is not looked at.

    Raises:
        AlteredError: they differ; of the first run of which they do.
    """
    for chunk in _chunks(connection, sorted(set(numbers))):
        try:
            runs = _Runs(connection, chunk)
        except sqlite3.OperationalError:  # text that is none, somewhere among them
            for number in chunk:
                with reading_row("runs", number):
                    _Runs(connection, [number]).check(number)
            raise
        for number in chunk:
            runs.check(number)


def _chunks(connection: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[list[int]]:
    """Cut runs into pieces that memory holds; a run about a fleet is one of its own."""
    sizes = dict(
        connection.execute(
            "SELECT number, subjects FROM runs WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
    )
    chunk: list[int] = []
    size = 0
    for number in numbers:
        chunk.append(number)
        size += 1 + sizes.get(number, 0)
        if size >= _TOGETHER:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


_OF = "IN (SELECT value FROM json_each(?))"
_COLUMNS = (
    *("run", "started", "effective_time", "generator", "engine", "decision", "exit_code"),
    *("counts", "subjects", "fail_on", "allow_incomplete", "recorded", "packs", "rules"),
    *("details", "content", "link"),
)
_RUNS = f"SELECT number, {', '.join(_COLUMNS)} FROM runs WHERE number {_OF}"  # noqa: S608 - ours, as below
_PARTS = f"""SELECT run, part, file, cluster, timestamp, at, pages, locations FROM run_parts
WHERE run {_OF} ORDER BY run, part"""  # noqa: S608
_CAPTURES = f"""SELECT run, id, snapshot, cluster, at, timestamp, generator, labels, part, remarks
FROM captures WHERE run {_OF} ORDER BY run, id"""  # noqa: S608
_LINKS = f"SELECT number, link FROM runs WHERE number {_OF}"  # noqa: S608


class _Runs:
    """Some runs, with the rows that their addresses are over."""

    def __init__(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
        self._connection = connection
        asked = (json.dumps(numbers),)
        self._runs = {row[0]: row[1:] for row in connection.execute(_RUNS, asked)}
        self._parts = _by_run(connection.execute(_PARTS, asked))
        self._captures = _by_run(connection.execute(_CAPTURES, asked))
        before = (json.dumps([number - 1 for number in numbers]),)
        self._links = {
            number + 1: unpacked(link) for number, link in connection.execute(_LINKS, before)
        }
        self._packs: dict[str, Json] = {}
        self._lists: dict[str, list[int]] = {}
        self._addresses: dict[tuple[str, int], str] = {}
        self._times: dict[tuple[str | None, str], int] = {}
        self._learn()

    def check(self, number: int) -> None:
        """Hold one of them against its address and link.

        Raises:
            AlteredError: they differ.
        """
        with reading_row("runs", number):
            row = dict(zip(_COLUMNS, self._runs[number], strict=True))
            if row["recorded"] is None:  # as the first databases had it
                del row["recorded"]
            content, link = unpacked(row.pop("content")), unpacked(row.pop("link"))
            said = addressed(
                {
                    **row,
                    "packs": self._packs_of(row["packs"]),
                    "rules": self._address("rule_lists", row["rules"]),
                    "details": self._blob("details", row["details"]),
                    "parts": list(self._said_by_parts(number, row["started"])),
                    "captures": list(self._said_by_captures(number, row["started"])),
                }
            )
            expect("runs", number, content, said)
            before = self._links.get(number) or link_before(self._connection, number)
            linked = addressed([before, content])
        if link != linked:
            raise AlteredError("runs", number, "is not linked to the run before it", linked, link)

    def _said_by_parts(self, number: int, started: str) -> Iterator[Json]:
        for index, row in enumerate(self._parts.get(number, ())):
            _, part, file, cluster, timestamp, at, pages, locations = row
            where = f"({number}, {part})"
            with reading_row("run_parts", where):
                if part != index:
                    what = "is not where it was"
                    raise AlteredError("run_parts", where, what, str(index), str(part))
                self._expect_time("run_parts", where, (timestamp, started), at)
                pairs = zip(self._list(pages), self._list(locations), strict=True)
                said: list[Json] = [
                    [self._address("subject_pages", page), self._address("blobs", places)]
                    for page, places in pairs
                ]
            yield [file, cluster, timestamp, said]

    def _said_by_captures(self, number: int, started: str) -> Iterator[Json]:
        for each in self._captures.get(number, ()):
            _, row, snapshot, cluster, at, timestamp, generator, labels, part, remarks = each
            with reading_row("captures", row):
                self._expect_time("captures", row, (timestamp, started), at)
                seen = self._address("snapshots", snapshot)
                said = self._blob("remarks", remarks)
            yield [seen, cluster, timestamp, generator, labels, part, said]

    def _learn(self) -> None:
        """Look up together the addresses that they name; what cannot be read is told later."""
        named: dict[str, set[int]] = {"rule_lists": set(), "subject_pages": set()}
        blobs = named["blobs"] = set()
        for row in self._runs.values():
            named["rule_lists"].add(row[_COLUMNS.index("rules")])
            blobs.add(row[_COLUMNS.index("details")])
        for parts in self._parts.values():
            for *_, pages, locations in parts:
                with suppress(ValueError, TypeError, RecursionError):
                    named["subject_pages"].update(self._list(pages))
                    blobs.update(self._list(locations))
        captures = [each for alike in self._captures.values() for each in alike]
        named["snapshots"] = {each[2] for each in captures}
        blobs.update(each[-1] for each in captures)
        for table, rows in named.items():
            self._look_up(table, rows)

    def _look_up(self, table: str, rows: Iterable[object]) -> None:
        numbers = [row for row in rows if type(row) is int]
        found = self._connection.execute(
            f"SELECT t.id, a.address FROM {table} t JOIN addresses a ON a.id = t.id "  # noqa: S608
            f"WHERE t.id {_OF}",
            (json.dumps(numbers),),
        )
        for row, at in found:
            self._addresses[table, row] = unpacked(at)

    def _address(self, table: str, row: int) -> str:
        # What was not found together is missing, or no number: then its own look-up says so.
        return self._addresses.get((table, row)) or address_in(self._connection, table, row)

    def _blob(self, kind: str, row: int | None) -> str:
        return _NOTHING[kind] if row is None else self._address("blobs", row)

    def _list(self, written: str) -> list[int]:
        if written not in self._lists:
            self._lists[written] = parsed(written)
        return self._lists[written]

    def _expect_time(
        self, table: str, row: int | str, said: tuple[str | None, str], found: int
    ) -> None:
        if said not in self._times:
            self._times[said] = state_time(*said)
        expected = self._times[said]
        if expected != found:
            what = "is not of the time that its timestamp says"
            raise AlteredError(table, row, what, str(expected), str(found))

    def _packs_of(self, written: str) -> Json:
        if written not in self._packs:
            parsed(written)
            found = read_packs(self._connection, written)
            self._packs[written] = [[pack.name, pack.version, pack.digest] for pack in found]
        return self._packs[written]


def _by_run(rows: Iterable[tuple[Any, ...]]) -> Mapping[int, list[tuple[Any, ...]]]:
    """Give the rows by the run that they begin with; they are in its order."""
    return {run: list(alike) for run, alike in groupby(rows, key=itemgetter(0))}
