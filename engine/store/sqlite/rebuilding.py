"""What follows from the runs (standings, lives of waivers), worked out again beside what is stored.

None of it is under the address of a run, so that it may be dropped and made anew at any time.
"""

import sqlite3
from collections.abc import Iterator

from eidos.engine.model.verification import Alteration
from eidos.engine.store.sqlite.encoding import parsed
from eidos.engine.store.sqlite.standings import Observation, record_standings
from eidos.engine.store.sqlite.tables import DERIVED
from eidos.engine.store.sqlite.waivers import rebuild_lives

_BESIDE = (
    """CREATE TEMP TABLE standings (subject INTEGER, at INTEGER, run INTEGER, verdicts INTEGER,
        PRIMARY KEY (subject, at, run)) WITHOUT ROWID""",
    """CREATE TEMP TABLE waiver_lives (waiver INTEGER PRIMARY KEY, first INTEGER, last INTEGER,
        first_used INTEGER, last_used INTEGER, uses INTEGER, state TEXT)""",
)
_COMPARED = (
    ("standings", "subject, at, run", "verdicts"),
    ("waiver_lives", "waiver", "first, last, first_used, last_used, uses, state"),
)
"""Table, its key, and what a row says."""
_DIFFERING = """SELECT json_array({key}), CAST(json_array({said}) AS BLOB), NULL FROM (
    SELECT * FROM temp.{table} EXCEPT SELECT * FROM main.{table})
UNION ALL SELECT json_array({key}), NULL, CAST(json_array({said}) AS BLOB) FROM (
    SELECT * FROM main.{table} EXCEPT SELECT * FROM temp.{table})
ORDER BY 1"""
"""What is said as bytes: what was altered need be no text."""


def differences(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Give what of the derived tables is not what follows from the runs.

    Raises:
        AlteredError: the runs are not what was written.
    """
    _work_out(connection)
    for table, key, said in _COMPARED:
        rows: dict[str, list[str | None]] = {}
        query = _DIFFERING.format(table=table, key=key, said=said)
        for name, expected, found in connection.execute(query).fetchall():
            row = rows.setdefault(name, [None, None])
            for side, written in enumerate((expected, found)):
                row[side] = written.decode(errors="replace") if written else row[side]
        for name, (expected, found) in rows.items():
            where = name[1:-1].replace(",", ", ")
            where = f"({where})" if "," in key else where
            yield Alteration(table, where, "is not what the runs found", expected, found)
    _forget(connection)


def rebuild(connection: sqlite3.Connection) -> int:
    """Put what follows from the runs in the place of what is stored; nothing guards the tables.

    Returns:
        How many rows were not as they should be.
    """
    differing = sum(1 for _ in differences(connection))
    if differing:
        _work_out(connection)
        for table in DERIVED:
            connection.execute(f"DELETE FROM main.{table}")  # noqa: S608 - ours, as below
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM temp.{table}")  # noqa: S608
        _forget(connection)
    return differing


def _work_out(connection: sqlite3.Connection) -> None:
    # A temporary table goes before a stored one of its name, for those who fill it, too.
    for statement in _BESIDE:
        connection.execute(statement)
    for (number,) in connection.execute("SELECT number FROM runs ORDER BY number").fetchall():
        record_standings(connection, number, _observations(connection, number))
    rebuild_lives(connection)


def _forget(connection: sqlite3.Connection) -> None:
    for table in DERIVED:
        connection.execute(f"DROP TABLE temp.{table}")


def _observations(connection: sqlite3.Connection, number: int) -> Iterator[Observation]:
    rows = connection.execute(
        "SELECT p.cluster, p.at, sp.subjects FROM run_parts p JOIN json_each(p.pages) page "
        "JOIN subject_pages sp ON sp.id = page.value WHERE p.run = ? ORDER BY p.part, page.key",
        (number,),
    )
    for cluster, at, subjects in rows:
        members = {subject: verdicts for subject, _, verdicts in parsed(subjects)}
        yield Observation(cluster, at, members)
