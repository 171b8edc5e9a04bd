"""Going through everything that is stored: is it what was written?

Each row is held against its address by the addresses of what it names, table by table from the
leaves to the chain of runs. That is what readers do with the rows they need, here with all of them,
one in memory at a time, and without stopping at the first that was altered.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from eidos.engine.model.verification import MISSING, Alteration
from eidos.engine.store.sqlite.addresses import AlteredError, find, reading_row
from eidos.engine.store.sqlite.blobs import read_blob
from eidos.engine.store.sqlite.bundles import check_bundling, lost_bundlings
from eidos.engine.store.sqlite.chain import check_checkpoint, check_run
from eidos.engine.store.sqlite.memory import read_judgement
from eidos.engine.store.sqlite.migrations import migrate
from eidos.engine.store.sqlite.rebuilding import differences
from eidos.engine.store.sqlite.recipes import check_recipe, has_recipe
from eidos.engine.store.sqlite.rulebook import check_rule, check_rule_list
from eidos.engine.store.sqlite.subjects import SubjectReader
from eidos.engine.store.sqlite.tables import IMMUTABLE
from eidos.engine.store.sqlite.trees import check_node_page, check_snapshot, check_tree
from eidos.engine.store.sqlite.waivers import addresses_given, check_waiver

_TRACED = 100
"""Alterations whose run is looked for: it means going through much of the database."""
Check = Callable[[int], object]
"""Holds a row against its address; raises AlteredError."""


def alterations(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Give what was altered, as it is found; see `eidos.engine.ports.Store.alterations`."""
    number = 0
    for number, each in enumerate(_every(connection)):
        yield replace(each, run=_run_of(connection, each)) if number < _TRACED else each


def _every(connection: sqlite3.Connection) -> Iterator[Alteration]:
    intact = True
    for each in content_alterations(connection):
        intact = intact and each.table not in IMMUTABLE
        yield each
    if intact:  # else they would be worked out from what was altered
        yield from differences(connection)


def content_alterations(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Give what was altered of all that does not follow from the rest."""
    yield from _file(connection)
    yield from _layout(connection)
    yield from _lost_references(connection)
    yield from _twins(connection)
    intact = True
    for table, check in _checks(connection).items():
        for each in _rows(connection, table, check):
            intact = False
            yield each
    if intact:
        yield from _lost_waivers(connection)
        yield from _lost_recipes(connection)
        yield from lost_bundlings(connection)


def _checks(connection: sqlite3.Connection) -> dict[str, Check]:
    """Give what holds the rows of each table against their addresses, leaves first.

    Packs, subjects and verdicts have no address of their own: runs, pages and lists do.
    """
    subjects = SubjectReader(connection)
    return {
        "blobs": lambda row: read_blob(connection, row),
        "trees": lambda row: check_tree(connection, row),
        "node_pages": lambda row: check_node_page(connection, row),
        "snapshots": lambda row: check_snapshot(connection, row),
        "rules": lambda row: check_rule(connection, row),
        "rule_lists": lambda row: check_rule_list(connection, row),
        "recipes": lambda row: check_recipe(connection, row),
        "waivers": lambda row: check_waiver(connection, row),
        "judgements": lambda row: read_judgement(connection, row),
        "verdict_lists": subjects.check_list,
        "subject_pages": subjects.page,
        "runs": lambda row: check_run(connection, row),
        "bundlings": lambda row: check_bundling(connection, row),
        "checkpoints": lambda row: check_checkpoint(connection, row),
    }


def _rows(connection: sqlite3.Connection, table: str, check: Check) -> Iterator[Alteration]:
    told: set[tuple[str, str]] = set()
    for (row,) in connection.execute(f"SELECT rowid FROM {table} ORDER BY rowid"):  # noqa: S608
        try:
            with reading_row(table, row):
                check(row)
        except AlteredError as error:
            each = error.alteration
            if (each.table, each.row) not in told:  # what many rows share is told once
                told.add((each.table, each.row))
                yield each


def _file(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Ask SQLite whether its indexes have what its tables have."""
    for (said,) in connection.execute("PRAGMA integrity_check"):
        if said != "ok":
            yield Alteration("database", "", f"is not sound: {said}")


def _layout(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """See that tables, the triggers that guard them, and views are those of eidos."""
    # As bytes: what was altered need be no text.
    query = "SELECT type || ' ' || name, CAST(sql AS BLOB) FROM sqlite_schema WHERE "
    query += "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name <> '_sqlite_migrations'"
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(fresh)
        expected = dict(fresh.execute(query).fetchall())
    finally:
        fresh.close()
    found = dict(connection.execute(query).fetchall())
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            what = "is not what eidos laid" if name in found else MISSING
            sides = (_shown(each.get(name)) for each in (expected, found))
            yield Alteration(name, "", what, *sides)


def _shown(sql: bytes | None) -> str | None:
    return None if sql is None else sql.decode(errors="replace")


def _lost_references(connection: sqlite3.Connection) -> Iterator[Alteration]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        name = "" if row is None else str(row)
        yield Alteration(table, name, f"names a row of {parent} that is not there")


def _twins(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Find addresses that are there twice: content would be looked for under either."""
    rows = connection.execute(
        "SELECT a.id, b.id FROM addresses a JOIN addresses b "
        "ON substr(a.address, 1, 8) = substr(b.address, 1, 8) AND a.address = b.address "
        "AND a.id < b.id"
    )
    for row, twin in rows:
        yield Alteration("addresses", str(twin), f"has the address of row {row}")


def _lost_recipes(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Find runs whose recipe is not there any more."""
    runs = connection.execute("SELECT run, details FROM runs WHERE details IS NOT NULL").fetchall()
    for run, details in runs:
        _, address = json.loads(read_blob(connection, details)).get("recipe", (None, None))
        if address is not None and not has_recipe(connection, address):
            what = f"are not there, and run {run} was about one of them"
            yield Alteration("recipes", "", what, address, None)


def _lost_waivers(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Find runs that were given a waiver that is not there any more."""
    runs = connection.execute("SELECT run, details FROM runs WHERE details IS NOT NULL")
    for run, details in runs.fetchall():
        for at in addresses_given(json.loads(read_blob(connection, details))):
            row = connection.execute(
                "SELECT id FROM waivers WHERE id = ?", (find(connection, at),)
            ).fetchone()
            if row is None:
                what = f"are not there, and run {run} was given one of them"
                yield Alteration("waivers", "", what, at)


# The run that a row is part of ------------------------------------------------------------------

_OF_SUBJECTS = """SELECT r.run FROM runs r JOIN run_parts p ON p.run = r.number
JOIN json_each(p.pages) page JOIN subject_pages sp ON sp.id = page.value """
_OF_LISTS = _OF_SUBJECTS + "JOIN json_each(sp.subjects) e "
_OF_VERDICTS = (
    _OF_LISTS
    + """JOIN verdict_lists l ON l.id = json_extract(e.value, '$[2]')
JOIN json_each(l.verdicts) v """
)
_OF_SNAPSHOTS = """SELECT r.run FROM runs r JOIN captures c ON c.run = r.number
JOIN snapshots s ON s.id = c.snapshot """
_OF_PAGES = _OF_SNAPSHOTS + "JOIN json_each(s.pages) page "
_OF_TREES = _OF_PAGES + "JOIN node_pages np ON np.id = page.value JOIN json_each(np.nodes) n "
_OF_RULES = """SELECT r.run FROM runs r JOIN rule_lists l ON l.id = r.rules
JOIN json_each(l.rules) e """
_OF_PLACES = """SELECT r.run FROM runs r JOIN run_parts p ON p.run = r.number
JOIN json_each(p.locations) e """
_SEARCHES: dict[str, tuple[str, ...]] = {
    "runs": ("SELECT run FROM runs r WHERE number = :row",),
    "bundlings": ("SELECT run FROM runs r WHERE number = :row",),
    "run_parts": ("SELECT run FROM runs r WHERE number = :row",),
    "captures": ("SELECT r.run FROM captures c JOIN runs r ON r.number = c.run WHERE c.id = :row",),
    "judgements": (_OF_VERDICTS + "JOIN verdicts w ON w.id = v.value WHERE w.judgement = :row",),
    "verdicts": (_OF_VERDICTS + "WHERE v.value = :row",),
    "verdict_lists": (_OF_LISTS + "WHERE json_extract(e.value, '$[2]') = :row",),
    "subject_pages": (_OF_SUBJECTS + "WHERE sp.id = :row",),
    "rules": (_OF_RULES + "WHERE e.value = :row",),
    "rule_lists": ("SELECT run FROM runs r WHERE rules = :row",),
    "snapshots": (_OF_SNAPSHOTS + "WHERE s.id = :row",),
    "node_pages": (_OF_PAGES + "WHERE page.value = :row",),
    "trees": (_OF_SNAPSHOTS + "WHERE s.tree = :row", _OF_TREES + "WHERE n.value = :row"),
    "blobs": (
        "SELECT run FROM runs r WHERE details = :row",
        "SELECT r.run FROM runs r, bundlings b ON b.run = number WHERE :row IN (record, document)",
        _OF_RULES + "WHERE e.value = :row",
        _OF_PLACES + "WHERE e.value = :row",
        "SELECT r.run FROM runs r JOIN captures c ON c.run = r.number WHERE c.remarks = :row",
        _OF_SNAPSHOTS + "WHERE s.collection = :row",
        _OF_SNAPSHOTS + "JOIN trees t ON t.id = s.tree JOIN json_tree(t.facts) f "
        "WHERE f.atom = :row",
        _OF_TREES + "JOIN trees t ON t.id = n.value JOIN json_tree(t.facts) f WHERE f.atom = :row",
    ),
}
"""Ways from a row to the runs that it is part of."""


def _run_of(connection: sqlite3.Connection, altered: Alteration) -> str | None:
    """Give the first run that a row is part of; None where none, or too much, was altered."""
    found: Iterable[Any] = ()
    try:
        with reading_row(altered.table, altered.row):
            number = int(altered.row.strip("()").split(",")[0])
            for search in _SEARCHES.get(altered.table, ()):
                query = f"{search} ORDER BY r.number LIMIT 1"
                found = connection.execute(query, {"row": number}).fetchone() or ()
                if found:
                    break
    except AlteredError:
        return None
    return next(iter(found), None)
