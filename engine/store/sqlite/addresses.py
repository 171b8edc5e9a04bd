"""Every content address that is known, once; what it names is kept under the same row elsewhere."""

import sqlite3

from eidos.engine.errors import StoreError

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
        StoreError: it has none.
    """
    found = connection.execute("SELECT address FROM addresses WHERE id = ?", (row,)).fetchone()
    if found is None:
        raise damaged(f"content {row}")
    return unpacked(found[0])


def damaged(what: str) -> StoreError:
    """Say that something stored is not what its address says."""
    return StoreError(
        f"the database is damaged: stored {what} does not match its address",
        hint="Restore the database from a backup; other runs may still be readable.",
    )
