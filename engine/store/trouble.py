"""What SQLite's troubles mean for the user."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eidos.engine.errors import StoreError

_OTHER = "Name another file with --db or EIDOS_DB."
_TROUBLES = {
    sqlite3.SQLITE_NOTADB: ("{path} is not a database", _OTHER),
    sqlite3.SQLITE_CORRUPT: (
        "the database {path} is damaged",
        "Restore it from a backup, or move it away and start anew.",
    ),
    sqlite3.SQLITE_BUSY: (
        "the database {path} is in use by another process that did not finish in time",
        "Wait for the other eidos to end and run again.",
    ),
    sqlite3.SQLITE_FULL: (
        "there is no space left for the database {path}",
        "Free some space and run again; nothing was half-written.",
    ),
    sqlite3.SQLITE_READONLY: (
        "the database {path} cannot be written",
        "Make the file and its folder writable, or name another with --db or EIDOS_DB.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the database {path} cannot be opened",
        "Check that it is a file, and that it and its folder can be read and written.",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk failed to read or write the database {path}",
        "Check for free space, quotas and disk errors; nothing was half-written.",
    ),
}
_PRIMARY = 0xFF
"""SQLite keeps details in the bits above."""


@contextmanager
def speaking(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system complain about into errors with a next step.

    Raises:
        StoreError: whatever went wrong.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except OSError as error:
        raise StoreError(
            f"the database {path} cannot be opened: {error.strerror or error}", hint=_OTHER
        ) from error


def _explained(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code in _TROUBLES:
        message, hint = _TROUBLES[code]
        return StoreError(message.format(path=path), hint=hint)
    return StoreError(f"the database {path} refused: {error}", hint=_OTHER)
