"""Every content address that is known, once; what it names is kept under the same row elsewhere."""

import sqlite3
from types import TracebackType

from eidos.engine.errors import StoreError
from eidos.engine.model.verification import Alteration

_PREFIX = "sha256:"
_LENGTH = len(_PREFIX) + 64


def packed(address: str) -> bytes | str:
    """Give the 32 bytes of a content address; other texts stay as they are."""
    if len(address) == _LENGTH and address.startswith(_PREFIX) and address == address.lower():
        try:
            return bytes.fromhex(address[len(_PREFIX) :])
        except ValueError:
            return address
    return address


def unpacked(stored: bytes | str) -> str:
    """Give back what was packed."""
    return _PREFIX + stored.hex() if isinstance(stored, bytes) else stored


def find(connection: sqlite3.Connection, address: str) -> int | None:
    """Give the row of an address, if it is known."""
    row = connection.execute(
        "SELECT id FROM addresses "
        "WHERE substr(address, 1, 8) = substr(:at, 1, 8) AND address = :at",
        {"at": packed(address)},
    ).fetchone()
    return int(row[0]) if row else None


def intern(connection: sqlite3.Connection, address: str) -> int:
    """Give the row of an address, making it known if need be; within a transaction."""
    row = find(connection, address)
    if row is None:
        (row,) = connection.execute(
            "INSERT INTO addresses (address) VALUES (?) RETURNING id", (packed(address),)
        ).fetchone()
    return int(row)


def address_of(connection: sqlite3.Connection, row: int) -> str:
    """Give the address of a row.

    Raises:
        AlteredError: it has none.
    """
    found = connection.execute("SELECT address FROM addresses WHERE id = ?", (row,)).fetchone()
    if found is None:
        raise AlteredError("addresses", row, "is missing")
    return unpacked(found[0])


def address_in(connection: sqlite3.Connection, table: str, row: int) -> str:
    """Give the address of a row that a table has.

    Raises:
        AlteredError: the table has no such row, or the row no address.
    """
    found = connection.execute(
        f"SELECT a.address FROM {table} t LEFT JOIN addresses a ON a.id = t.id "  # noqa: S608 - ours
        "WHERE t.id = ?",
        (row,),
    ).fetchone()
    if found is None or found[0] is None:
        raise AlteredError(table, row, "is missing")
    return unpacked(found[0])


# What is not as it was written ------------------------------------------------------------------


class AlteredError(StoreError):
    """A stored row is not what its address says, or not what was ever written.

    Args:
        table: where it is.
        row: its row id, or what else names it there.
        what: goes on after its name; see `Alteration`, as for the others.
    """

    def __init__(
        self,
        table: str,
        row: int | str,
        what: str = "does not match its address",
        expected: str | None = None,
        found: str | None = None,
    ) -> None:
        self.alteration = Alteration(table, str(row), what, expected, found)
        super().__init__(
            f"the database is damaged: {self.alteration}",
            hint="See what else is with: eidos history verify. Then restore it from a backup.",
        )


def expect(table: str, row: int | str, expected: str | None, found: str | None) -> None:
    """Hold what a row says against its address.

    Raises:
        AlteredError: they differ, or there is no address.
    """
    if expected != found:
        raise AlteredError(table, row, expected=expected, found=found)


_ODD = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)


class reading_row:  # noqa: N801 - used as a function is; a generator takes four times as long
    """Tell of a row that cannot even be read: of another shape, or with parts that are not there.

    Raises:
        AlteredError: so it is; at the end of the block.
    """

    __slots__ = ("_row", "_table")

    def __init__(self, table: str, row: int | str) -> None:
        self._table = table
        self._row = row

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            return
        # Text that is not UTF-8 has no code, JSON that is none has the code of SQL that is none.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        is_odd = isinstance(error, sqlite3.OperationalError) and code == sqlite3.SQLITE_ERROR
        if is_odd or isinstance(error, _ODD):
            raise AlteredError(self._table, self._row, "is not as eidos writes it") from error
