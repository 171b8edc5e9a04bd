"""How the database came to be: one named function for each step, applied in order, all or nothing.

A step that has been released is never edited; a new one is added below it. `VERSION` is the number
of steps, kept in ``PRAGMA user_version`` so that an up-to-date database opens without more than
SQLite itself.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from eidos.engine.store.sqlite import tables
from eidos.engine.store.sqlite.waivers import adopt_waivers

APPLICATION_ID = 0x6569646F
"""``eido`` in ASCII: tells our databases from other SQLite files."""


def create_tables(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Lay every table of the first release."""
    for statement in (*tables.TABLES, *tables.guards(tables.FIRST), *tables.VIEWS):
        db.execute(statement)


def seal_memos(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Let memos have seals; those that are there have none."""
    db.execute("CREATE TEMP TABLE unsealed AS SELECT memo, judgement FROM memos")
    db.execute("DROP TABLE memos")
    for statement in (tables.MEMOS, *tables.guards(["memos"])):
        db.execute(statement)
    db.execute("INSERT INTO memos SELECT memo, '', judgement, x'' FROM unsealed")
    db.execute("DROP TABLE unsealed")


def lay_audit_views(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Lay the views for auditors; whatever stands in their place is not ours."""
    for statement in tables.AUDIT_VIEWS:
        db.execute(statement)


def keep_recipes(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Have a place for recipes."""
    for statement in (tables.RECIPES, *tables.guards(["recipes"])):
        db.execute(statement)


def keep_waivers(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Have a place for waivers and their lives, and for when a run was recorded."""
    for statement in (tables.WAIVERS, *tables.guards(["waivers"]), tables.WAIVER_LIVES):
        db.execute(statement)
    db.execute(tables.RECORDED)
    adopt_waivers(db.conn)


def leave_checkpoints(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Have a place for what pruning leaves, and for what it must let be."""
    for statement in (tables.CHECKPOINTS, *tables.guards(["checkpoints"]), tables.PENDING):
        db.execute(statement)


def keep_bundlings(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Have a place for what gates decided about bundles."""
    for statement in (tables.BUNDLINGS, *tables.guards(["bundlings"]), *tables.BUNDLE_VIEWS):
        db.execute(statement)


def keep_lacks(db: Any) -> None:  # noqa: ANN401 - sqlite-utils has no types
    """Have a place for what rules could not see; of older verdicts only the sentence is known."""
    db.execute(tables.LACKS)


STEPS: tuple[Callable[[Any], None], ...] = (
    create_tables,
    seal_memos,
    keep_recipes,
    keep_waivers,
    leave_checkpoints,
    lay_audit_views,
    keep_bundlings,
    keep_lacks,
)
VERSION = len(STEPS)


def migrate(
    connection: sqlite3.Connection, steps: tuple[Callable[[Any], None], ...] = STEPS
) -> None:
    """Apply what is missing, all of it or nothing; waits for another process that does the same.

    Args:
        connection: without an open transaction.
        steps: all there are, in order; sqlite-utils remembers by name which were applied.
    """
    from sqlite_utils import Database, Migrations

    migrations = Migrations("eidos")
    for step in steps:
        migrations()(step)
    # The write lock first: of two processes that open an old database one waits for the other.
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
