"""The database file: opening it, its transactions, and what SQLite's troubles mean for the user."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eidos.engine.errors import StoreError
from eidos.engine.store.sqlite.addresses import AlteredError
from eidos.engine.store.sqlite.migrations import APPLICATION_ID, VERSION, migrate
from eidos.engine.store.sqlite.sweeping import unguarded

BUSY_SECONDS = 30.0
"""How long to wait for another writer; recording a fleet of 10,000 nodes takes a few seconds."""

_HEADER = b"SQLite format 3\0"
_CACHE_KIB = 65_536
"""Pages SQLite may keep in memory; its default of 2 MiB makes a fleet's memo read from disk."""


class Database:
    """An open database, and the file it is in."""

    def __init__(self, path: Path, *, read_only: bool, busy_seconds: float) -> None:
        self.place = str(path)
        self._path = path
        with _explained(self.place):
            _find(path, read_only=read_only)
            self._file = _identity(path)
            self.connection = _connected(path, read_only=read_only, busy_seconds=busy_seconds)

    def close(self) -> None:
        """Let go of the file; what was committed stays."""
        self.connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read as of one moment, whatever is recorded meanwhile.

        Raises:
            StoreError: the database cannot be read.
        """
        with _explained(self.place):
            self.connection.execute("BEGIN")
            try:
                yield self.connection
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write alone; what fails leaves no trace.

        Raises:
            StoreError: the database cannot be written, or its file is no longer where it was.
        """
        with _explained(self.place):
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield self.connection
                self._refuse_lost_file()
                self.connection.execute("COMMIT")
            except BaseException as error:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error | StoreError):
                    self._refuse_lost_file()  # says more than what SQLite makes of it
                raise
            self._refuse_lost_file()

    @contextmanager
    def upkeep(self) -> Iterator[sqlite3.Connection]:
        """Write alone, with nothing that guards what is stored; see `writing`.

        Raises:
            StoreError: as there, or something that is named would be missing.
        """
        self.connection.execute("PRAGMA foreign_keys = OFF")  # each is looked up once, at the end
        try:
            with self.writing() as connection, unguarded(connection):
                yield connection
                lost = connection.execute("PRAGMA foreign_key_check").fetchone()
                if lost is not None:
                    raise AlteredError(lost[0], lost[1] or "", f"names a lost row of {lost[2]}")
        finally:
            self.connection.execute("PRAGMA foreign_keys = ON")

    def compact(self) -> None:
        """Give the space that nothing takes back to the disk.

        Raises:
            StoreError: there is too little space for a second copy, or another process writes.
        """
        with _explained(self.place):
            self.connection.execute("VACUUM")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy_to(self, file: Path) -> None:
        """Write what is committed into a new file, as of one moment.

        Raises:
            StoreError: the file is there, or cannot be written.
        """
        import tempfile  # slow to import, and few commands copy

        with _explained(str(file)):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # 0600
            os.close(descriptor)
            made = Path(name)
            try:
                with _explained(str(file)):
                    self.connection.execute("VACUUM INTO ?", (name,))
                _publish(made, file)
            finally:
                made.unlink()

    @property
    def size(self) -> int:
        """Bytes on disk, with those of what was written last."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _refuse_lost_file(self) -> None:
        """Stop where SQLite would go on: it writes into a deleted file, and nobody reads it again.

        Asked before a commit, so that nothing is written in vain, and after it, so that nothing is
        said to be stored that is not.
        """
        try:
            now = _identity(self._path)
            what = "was emptied" if now == self._file else "was replaced by another file"
            if now == self._file and self._path.stat().st_size:
                return
        except (FileNotFoundError, NotADirectoryError):
            what = "was deleted"
        raise StoreError(
            f"the database {self.place} {what} while it was in use: this run is not recorded",
            hint="Find out what moves or cleans it, restore a backup if there was anything in it, "
            "and run again.",
        )


def _publish(made: Path, file: Path) -> None:
    """Give a whole file its name; nothing that is there is written over.

    Raises:
        StoreError: something is there.
    """
    with made.open("rb") as content:
        os.fsync(content.fileno())
    try:
        file.hardlink_to(made)
    except FileExistsError as error:
        raise StoreError(
            f"there is a file {file}", hint="Name another, or move it away first."
        ) from error


def _identity(path: Path) -> tuple[int, int]:
    """Give what tells a file from others, whatever it is called."""
    state = path.stat()
    return state.st_dev, state.st_ino


def _find(path: Path, *, read_only: bool) -> None:
    """See that the file is there and may be ours; make it where that is allowed."""
    if read_only:
        refuse_missing(path)
    else:
        _make(path)
    _refuse_other_files(path)


def _connected(path: Path, *, read_only: bool, busy_seconds: float) -> sqlite3.Connection:
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
    connection.execute("PRAGMA foreign_keys = ON")  # off in each new connection of SQLite's
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")  # negative: KiB, not pages
    if version < VERSION and read_only:
        raise StoreError(
            f"{path} has an older format (database version {version} of {VERSION})",
            hint=f"Any check that records brings it up to date: eidos check --db {path}",
        )
    if version < VERSION:
        # Others read on while one writes. The mode stays with the file, so it is said only once.
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection)


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    # In this order: another process may lay tables and name them ours in between.
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if objects and application != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program",
            hint="Name another file with --db or EIDOS_DB.",
        )
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer eidos (database version {version}, "
            f"this one knows {VERSION})",
            hint="Install a newer eidos, or name another file with --db.",
        )
    return int(version)


def refuse_missing(path: Path) -> None:
    """Refuse a place where nothing was ever recorded.

    Raises:
        StoreError: there is no file.
    """
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


_OTHER = "Name another file with --db or EIDOS_DB; a check needs none with --no-record."
_TROUBLES = {
    sqlite3.SQLITE_NOTADB: ("{place} is not a database", _OTHER),
    sqlite3.SQLITE_CORRUPT: (
        "the database {place} is damaged",
        "Restore it from a backup, or move it away and start anew.",
    ),
    sqlite3.SQLITE_BUSY: (
        "the database {place} is in use by another process that did not finish in time",
        "Wait for the other eidos to end and run again.",
    ),
    sqlite3.SQLITE_FULL: (
        "there is no space left for the database {place}",
        "Free some space and run again; nothing was half-written.",
    ),
    sqlite3.SQLITE_READONLY: (
        "the database {place} cannot be written",
        f"Make the file and its folder writable. {_OTHER}",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the database {place} cannot be opened",
        "Check that it is a file, and that it and its folder can be read and written.",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk failed to read or write the database {place}",
        "Check for free space, quotas and disk errors; nothing was half-written.",
    ),
}
_PRIMARY = 0xFF
"""SQLite keeps details in the bits above."""


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """Turn what SQLite and the file system complain about into errors with a next step.

    Raises:
        StoreError: whatever went wrong.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(error, place) from error
    except OSError as error:
        raise StoreError(
            f"the database {place} cannot be opened: {error.strerror or error}", hint=_OTHER
        ) from error


def _in_words(error: sqlite3.Error, place: str) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code in _TROUBLES:
        message, hint = _TROUBLES[code]
        return StoreError(message.format(place=place), hint=hint)
    return StoreError(f"the database {place} refused: {error}", hint=_OTHER)
