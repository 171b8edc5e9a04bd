"""The one door to the store: which engine keeps it is said by where it is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eidos.engine.errors import StoreError
from eidos.engine.folders import user_folder
from eidos.engine.ports import Store

if TYPE_CHECKING:
    from eidos.engine.model.history import QueryResult

_POSTGRESQL = ("postgresql:/", "postgres:/")
"""One slash: a URL that has been through `Path` has lost the other."""


def default_place(environ: Mapping[str, str]) -> str:
    """Give where the store is unless said otherwise.

    Args:
        environ: ``EIDOS_DB`` names it; else it is ``eidos/eidos.db`` below the state folder.
    """
    return environ.get("EIDOS_DB") or str(user_folder("state", environ) / "eidos.db")


def exists(where: str | Path) -> bool:
    """Say whether anything was ever recorded there; makes nothing.

    Raises:
        StoreError: no engine keeps what is there.
    """
    return _file(where).exists()


def refuse_missing(where: str | Path) -> None:
    """Refuse a place where nothing was ever recorded.

    Raises:
        StoreError: there is nothing, or no engine keeps what is there.
    """
    from eidos.engine.store.sqlite import database

    database.refuse_missing(_file(where))


def open_store(
    where: str | Path, *, read_only: bool = False, now: Callable[[], datetime] | None = None
) -> Store:
    """Open a store, making it if need be; use it in a ``with`` statement, which closes it.

    Args:
        where: path of an SQLite database.
        read_only: neither make nor change anything.
        now: tells when a run is recorded (knowledge time); None to take when it started.

    Raises:
        StoreError: it cannot be opened, read or written, is not ours, was written by a newer
            eidos, or is of an engine that is not there.
    """
    from eidos.engine.store.sqlite.store import open_sqlite

    return open_sqlite(_file(where), read_only=read_only, now=now)


@contextmanager
def opened_copy(file: Path) -> Iterator[Store]:
    """Open a private copy of an exported store, brought up to date; the file stays as it is.

    Raises:
        StoreError: it cannot be read, is not ours, or was written by a newer eidos.
    """
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(prefix="eidos-import-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            shutil.copyfile(file, copy)
        except OSError as error:
            raise StoreError(
                f"{file} cannot be read: {error.strerror or error}",
                hint="Name a file that eidos history export wrote.",
            ) from error
        if not copy.stat().st_size:
            raise StoreError(f"{file} is empty", hint="Name a file that export wrote.")
        try:
            with open_store(copy) as store:
                yield store
        except StoreError as error:
            if str(copy) not in error.message:
                raise
            raise StoreError(  # the copy is gone when the user reads it
                error.message.replace(str(copy), str(file)),
                hint="Name a file that eidos history export wrote. Nothing was taken.",
            ) from error


def select(where: str | Path, query: str, is_over: Callable[[], bool], most: int) -> "QueryResult":
    """Run a query of a user: read-only, for a bounded time.

    Args:
        where: path of an SQLite database.
        query: one ``select``.
        is_over: asked now and then; true ends the query.
        most: rows that are given at most.

    Raises:
        StoreError: the database cannot be read.
        UsageError: the query is none, does more than read, or did not end in time.
    """
    from eidos.engine.store.sqlite import querying

    return querying.select(_file(where), query, is_over, most)


def _file(where: str | Path) -> Path:
    """Give the file of an SQLite store; the URL of another engine may hold a password."""
    if str(where).startswith(_POSTGRESQL):
        raise StoreError(
            "a store on PostgreSQL is not built yet",
            hint="Name the file of an SQLite database with --db or EIDOS_DB.",
        )
    return Path(where)
