"""SQL of a user: it may only read, for a bounded time, and gives a bounded answer."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from eidos.engine.errors import UsageError
from eidos.engine.model.history import QueryResult
from eidos.engine.store.sqlite.database import BUSY_SECONDS, Database

_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
"""What a query may do; anything else (writing, ATTACH, PRAGMA, transactions) is denied."""
_FORBIDDEN = frozenset({"load_extension", "fts3_tokenizer"})
"""Functions that reach out of the database."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 16 * 2**20,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 2**20,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
}
"""Bytes of a value and of a query, and how deep it nests: more would fill the memory."""
_STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock, about a millisecond."""
_VIEWS = "The views and their columns are in docs/history-sql.md."


def select(path: Path, query: str, is_over: Callable[[], bool], most: int) -> QueryResult:
    """Run one query, read-only.

    Args:
        path: the database.
        query: one ``select``; ``with`` before it is fine.
        is_over: asked now and then; true ends the query.
        most: rows that are given at most.

    Raises:
        StoreError: the database cannot be read.
        UsageError: the query is none, does more than read, or did not end in time.
    """
    database = Database(path, read_only=True, busy_seconds=BUSY_SECONDS)
    try:
        connection = database.connection
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        with database.reading():
            connection.set_authorizer(_authorize)
            connection.set_progress_handler(lambda: int(is_over()), _STEPS)
            try:
                return _answer(connection, query, most)
            except sqlite3.Error as error:
                raise _told(error) or error from error
            finally:
                connection.set_authorizer(None)
                connection.set_progress_handler(None, 0)
    finally:
        database.close()


def _answer(connection: sqlite3.Connection, query: str, most: int) -> QueryResult:
    found = connection.execute(query)
    if found.description is None:
        raise UsageError("the query gives no rows", hint=f"Ask with select. {_VIEWS}")
    columns = tuple(column for column, *_ in found.description)
    rows = [tuple(map(_plain, row)) for row in found.fetchmany(most + 1)]
    return QueryResult(columns, tuple(rows[:most]), is_cut=len(rows) > most)


def _plain(value: object) -> str | int | float | None:
    """Give a value as text or number; content addresses and other bytes in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    assert value is None or isinstance(value, str | int | float)  # noqa: S101 -- SQLite has no more
    return value


def _authorize(
    action: int, _table: str | None, name: str | None, _database: str | None, _view: str | None
) -> int:
    if action not in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and name in _FORBIDDEN):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _told(error: sqlite3.Error) -> UsageError | None:
    """Say what is wrong with the query; None where it is the database."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_INTERRUPT:
        hint = "Ask for less (a cluster, a month), or give it longer with --timeout."
        return UsageError("the query did not end in time", hint=hint)
    if code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY):
        return UsageError("the query may only read", hint=f"Ask with select. {_VIEWS}")
    is_query = code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE)
    if is_query or isinstance(error, sqlite3.ProgrammingError | sqlite3.Warning):
        return UsageError(f"the query cannot be run: {error}", hint=_VIEWS)
    return None
