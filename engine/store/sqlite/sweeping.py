"""Taking away what nothing names any more.

First everything is marked that runs, snapshots on their way into one, and tables that this module
does not know lead to; then the rest goes. Content that other content is written as a difference
from is marked with it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from eidos.engine.store.sqlite.addresses import find
from eidos.engine.store.sqlite.blobs import read_blob
from eidos.engine.store.sqlite.waivers import addresses_given

_CONTENT = (
    "blobs",
    "trees",
    "node_pages",
    "snapshots",
    "rules",
    "rule_lists",
    "judgements",
    "verdict_lists",
    "subject_pages",
    "waivers",
)
"""Tables of which each row has the id of its address."""
_NUMBERED = ("packs", "verdicts", "subjects")
"""Tables of which each row has an id of its own."""
_KNOWN = frozenset(
    {
        *("addresses", "memos", "runs", "run_parts", "captures", "standings", "waiver_lives"),
        *("checkpoints", "pending", *_CONTENT, *_NUMBERED),
    }
)
"""Tables whose references are marked below; rows of any other keep what their foreign keys name."""

_ROOTS = (
    "SELECT 'rule_lists', rules FROM runs",
    "SELECT 'blobs', details FROM runs",
    "SELECT 'packs', e.value FROM runs r JOIN json_each(r.packs) e",
    "SELECT 'subject_pages', e.value FROM run_parts p JOIN json_each(p.pages) e",
    "SELECT 'blobs', e.value FROM run_parts p JOIN json_each(p.locations) e",
    "SELECT 'snapshots', snapshot FROM captures UNION SELECT 'blobs', remarks FROM captures",
    "SELECT 'snapshots', snapshot FROM pending UNION SELECT 'blobs', remarks FROM pending",
)
_UNNAMED_MEMOS = """SELECT 'addresses', memo FROM memos
WHERE memo NOT IN (SELECT memo FROM verdicts WHERE memo IS NOT NULL)"""
"""What no run named, such as what a back-test found; what runs named goes with them."""
_SUBJECTS = "JOIN json_each(subject_pages.subjects) e"
_NAMED = (
    ("rule_lists", "rules", "e.value", "JOIN json_each(rule_lists.rules) e"),
    ("rules", "blobs", "rules.id", ""),
    ("waivers", "blobs", "waivers.id", ""),
    ("subject_pages", "subjects", "json_extract(e.value, '$[0]')", _SUBJECTS),
    ("subject_pages", "addresses", "json_extract(e.value, '$[1]')", _SUBJECTS),
    ("subject_pages", "verdict_lists", "json_extract(e.value, '$[2]')", _SUBJECTS),
    ("verdict_lists", "verdicts", "e.value", "JOIN json_each(verdict_lists.verdicts) e"),
    ("verdicts", "judgements", "verdicts.judgement", ""),
    ("verdicts", "addresses", "verdicts.memo", ""),
    ("snapshots", "trees", "snapshots.tree", ""),
    ("snapshots", "blobs", "snapshots.collection", ""),
    ("snapshots", "node_pages", "e.value", "JOIN json_each(snapshots.pages) e"),
    ("node_pages", "trees", "e.value", "JOIN json_each(node_pages.nodes) e"),
    ("trees", "blobs", "f.value", "JOIN json_each(trees.facts) t JOIN json_each(t.value) f"),
)
"""Table, the kind that its marked rows name, and how; in an order in which once is enough."""
_MEMOS = """SELECT 'judgements', judgement FROM memos
JOIN live ON live.kind = 'addresses' AND live.id = memos.memo"""
_BASES = """WITH RECURSIVE bases (id) AS (SELECT id FROM live WHERE kind = 'blobs'
UNION SELECT b.base FROM bases JOIN blobs b ON b.id = bases.id WHERE b.base IS NOT NULL)
SELECT 'blobs', id FROM bases"""


def sweep(connection: sqlite3.Connection) -> None:
    """Delete what nothing names; within a transaction, with nothing that guards the tables.

    A remembered verdict that runs had goes with the last of them.
    """
    connection.execute(
        "CREATE TEMP TABLE live (kind TEXT NOT NULL, id INTEGER NOT NULL, "
        "PRIMARY KEY (kind, id)) WITHOUT ROWID"
    )
    _mark_everything(connection)
    _delete(connection)
    connection.execute("DROP TABLE live")


def _mark_everything(connection: sqlite3.Connection) -> None:
    _mark_waivers(connection)
    for query in (*_ROOTS, *_foreign(connection)):
        _mark(connection, query)
    for table, kind, name, how in _NAMED:
        _mark(
            connection,
            f"SELECT '{kind}', {name} FROM {table} "  # noqa: S608 - ours
            f"JOIN live ON live.kind = '{table}' AND live.id = {table}.id {how}",
        )
    _mark_parts_of_rules(connection)
    for query in (_UNNAMED_MEMOS, _MEMOS, _BASES):
        _mark(connection, query)


def _mark(connection: sqlite3.Connection, query: str) -> None:
    connection.execute(f"INSERT OR IGNORE INTO live {query}")  # nothing has no id: ignored


def _foreign(connection: sqlite3.Connection) -> Iterator[str]:
    """Give what finds the rows that rows of tables not known here refer to."""
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        if table not in _KNOWN:
            keys = connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
            for _, _, parent, column, *_ in keys:
                yield f"SELECT '{parent}', {column} FROM {table}"  # noqa: S608 - ours


def _mark_waivers(connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT DISTINCT details FROM runs WHERE details IS NOT NULL")
    for (details,) in rows.fetchall():
        given = addresses_given(json.loads(read_blob(connection, details)))
        _mark_addresses(connection, "waivers", given)


def _mark_parts_of_rules(connection: sqlite3.Connection) -> None:
    rules = connection.execute("SELECT id FROM live WHERE kind = 'rules'").fetchall()
    for (rule,) in rules:
        document = json.loads(read_blob(connection, rule))
        parts = [*(at for _, at in document["modules"]), *document["tables"].values()]
        _mark_addresses(connection, "blobs", parts)


def _mark_addresses(connection: sqlite3.Connection, kind: str, addresses: list[str]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO live (kind, id) VALUES (?, ?)",
        [(kind, find(connection, at)) for at in addresses],
    )


def _delete(connection: sqlite3.Connection) -> None:
    live = "SELECT id FROM live WHERE kind = "
    for table in (*_CONTENT, *_NUMBERED):
        connection.execute(f"DELETE FROM {table} WHERE id NOT IN ({live} '{table}')")  # noqa: S608
    connection.execute(f"DELETE FROM memos WHERE memo NOT IN ({live} 'addresses')")  # noqa: S608
    kinds = ", ".join(f"'{kind}'" for kind in ("addresses", *_CONTENT))
    connection.execute(
        f"DELETE FROM addresses WHERE id NOT IN (SELECT id FROM live WHERE kind IN ({kinds}))"  # noqa: S608
    )


@contextmanager
def unguarded(connection: sqlite3.Connection) -> Iterator[None]:
    """Let rows be changed and deleted until the end of the block, in one transaction with it."""
    guards = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' "
        "AND name LIKE '%\\_never\\_%' ESCAPE '\\'"
    ).fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in guards:
        connection.execute(sql)
