"""The chain of runs: each is held against its address, and linked to the one before."""

import sqlite3
from collections.abc import Iterator

from eidos.engine.digest import address
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import PackRef
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
    for run, link in connection.execute("SELECT run, link FROM runs ORDER BY number"):
        yield ChainLink(run, unpacked(link))


def check_checkpoint(connection: sqlite3.Connection, last: int) -> None:
    """See that a checkpoint stands where runs were, and that a run goes on from it.

    Its link is held against the run that follows it, by `check_run`; its seal by who has the key.

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
    """Hold a run, its parts and captures against its address, and that against its link.

    What they name by address (subjects, rules, snapshots, ...) is not looked at.

    Raises:
        AlteredError: they differ.
    """
    with reading_row("runs", number):
        found = connection.execute(
            "SELECT run, started, effective_time, generator, engine, decision, exit_code, counts, "
            "subjects, fail_on, allow_incomplete, recorded, packs, rules, details, content, link "
            "FROM runs WHERE number = ?",
            (number,),
        )
        names = [column for column, *_ in found.description]
        row = dict(zip(names, found.fetchone(), strict=True))
        if row["recorded"] is None:  # as the first databases had it
            del row["recorded"]
        content, link = unpacked(row.pop("content")), unpacked(row.pop("link"))
        packs = [[pack.name, pack.version, pack.digest] for pack in _packs(connection, row)]
        said = addressed(
            {
                **row,
                "packs": packs,
                "rules": address_in(connection, "rule_lists", row["rules"]),
                "details": _blob(connection, "details", row["details"]),
                "parts": list(_parts(connection, number, row["started"])),
                "captures": list(_captures(connection, number, row["started"])),
            }
        )
        expect("runs", number, content, said)
        linked = addressed([link_before(connection, number), content])
    if link != linked:
        raise AlteredError("runs", number, "is not linked to the run before it", linked, link)


def _packs(connection: sqlite3.Connection, row: dict[str, str]) -> tuple[PackRef, ...]:
    parsed(row["packs"])
    return read_packs(connection, row["packs"])


def _parts(connection: sqlite3.Connection, number: int, started: str) -> Iterator[Json]:
    rows = connection.execute(
        "SELECT part, file, cluster, timestamp, at, pages, locations FROM run_parts "
        "WHERE run = ? ORDER BY part",
        (number,),
    )
    for index, (part, file, cluster, timestamp, at, pages, locations) in enumerate(rows):
        where = f"({number}, {part})"
        with reading_row("run_parts", where):
            if part != index:
                raise AlteredError("run_parts", where, "is not where it was", str(index), str(part))
            _expect_time("run_parts", where, state_time(timestamp, started), at)
            said: list[Json] = [
                [
                    address_in(connection, "subject_pages", page),
                    address_in(connection, "blobs", places),
                ]
                for page, places in zip(parsed(pages), parsed(locations), strict=True)
            ]
        yield [file, cluster, timestamp, said]


def _captures(connection: sqlite3.Connection, number: int, started: str) -> Iterator[Json]:
    rows = connection.execute(
        "SELECT id, snapshot, cluster, at, timestamp, generator, labels, part, remarks "
        "FROM captures WHERE run = ? ORDER BY id",
        (number,),
    )
    for row, snapshot, cluster, at, timestamp, *others in rows:
        generator, labels, part, remarks = others
        with reading_row("captures", row):
            _expect_time("captures", row, state_time(timestamp, started), at)
            seen = address_in(connection, "snapshots", snapshot)
            said = _blob(connection, "remarks", remarks)
        yield [seen, cluster, timestamp, generator, labels, part, said]


def _blob(connection: sqlite3.Connection, kind: str, row: int | None) -> str:
    return _NOTHING[kind] if row is None else address_in(connection, "blobs", row)


def _expect_time(table: str, row: int | str, expected: int, found: int) -> None:
    if expected != found:
        what = "is not of the time that its timestamp says"
        raise AlteredError(table, row, what, str(expected), str(found))
