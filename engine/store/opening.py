"""Opening the database: where it is, who may read it, what to say when it cannot be used."""

import os
import sqlite3
from pathlib import Path

from eidos.engine.errors import StoreError
from eidos.engine.folders import user_folder
from eidos.engine.store.migrations import APPLICATION_ID, VERSION, migrate
from eidos.engine.store.store import Store
from eidos.engine.store.trouble import speaking

__all__ = ["Store", "default_path", "open_store"]

BUSY_SECONDS = 30.0
"""How long to wait for another writer; recording a fleet of 10,000 nodes takes a few seconds."""

_HEADER = b"SQLite format 3\0"
_CACHE_KIB = 65_536
"""Pages SQLite may keep in memory; its default of 2 MiB makes a fleet's memo read from disk."""


def default_path() -> Path:
    """Give where the database is: ``$EIDOS_DB``, else ``eidos/eidos.db`` under the state folder."""
    if chosen := os.environ.get("EIDOS_DB"):
        return Path(chosen)
    return user_folder("state", os.environ) / "eidos.db"


def open_store(
    path: Path | None = None, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS
) -> Store:
    """Open the database, making it if need be; use it in a ``with`` statement, which closes it.

    Args:
        path: the file; None for the default.
        read_only: neither make nor change anything.
        busy_seconds: how long to wait for another writer.

    Raises:
        StoreError: it cannot be opened, read or written, is no database of ours, or was written by
            a newer eidos.
    """
    path = path or default_path()
    with speaking(path):
        connection = _connected(path, read_only=read_only, busy_seconds=busy_seconds)
    return Store(connection, path)


def _connected(path: Path, *, read_only: bool, busy_seconds: float) -> sqlite3.Connection:
    if read_only:
        _require(path)
    else:
        _make(path)
    _refuse_other_files(path)
    uri = f"{path.absolute().as_uri()}?{_mode(path, read_only=read_only)}"
    connection = sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None)
    try:
        _prepare(connection, path, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


def _mode(path: Path, *, read_only: bool) -> str:
    """Say how to open; readers of a WAL database write beside it, which a folder may forbid."""
    if not read_only:
        return "mode=rw"
    at_rest = not path.with_name(path.name + "-wal").exists()
    forbidden = not os.access(path.parent, os.W_OK)
    return "mode=ro&immutable=1" if at_rest and forbidden else "mode=ro"


def _prepare(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    version = _checked_version(connection, path)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    if version < VERSION and read_only:
        raise StoreError(
            f"{path} is not yet as this eidos keeps it (database version {version} of {VERSION})",
            hint=f"Any check that records brings it up to date: eidos check --db {path}",
        )
    if version < VERSION:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection)


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if objects and application != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program",
            hint="Name another file with --db or EIDOS_DB.",
        )
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer eidos (database version {version}, "
            f"this one knows {VERSION})",
            hint="Upgrade with pip install --upgrade eidos-policy, or name another file with --db.",
        )
    return int(version)


def _require(path: Path) -> None:
    if not path.exists():
        raise StoreError(
            f"there is no database at {path}",
            hint="It is made by the first eidos check; name another file with --db or EIDOS_DB.",
        )


def _refuse_other_files(path: Path) -> None:
    """Stop before SQLite takes a short file for an empty database and writes over it."""
    if not path.is_file():
        raise StoreError(
            f"the database {path} cannot be opened: it is not a file",
            hint="Name a file with --db or EIDOS_DB.",
        )
    with path.open("rb") as file:
        beginning = file.read(len(_HEADER))
    if beginning not in {b"", _HEADER}:
        raise StoreError(
            f"{path} is not a database", hint="Name another file with --db or EIDOS_DB."
        )


def _make(path: Path) -> None:
    """Make the file, and its folder, for the user alone: facts about hosts are not public."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
