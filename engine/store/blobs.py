"""Content, stored once, compressed, and checked when it is read.

New content of a kind is compressed with the last whole blob of that kind as the dictionary: a
sysctl table in which one value changed costs a hundred bytes. When it has drifted so far that this
saves less than half, it is stored whole and becomes the next dictionary, so that reading takes two
rows at most.
"""

import sqlite3
import zlib

from eidos.engine.digest import address
from eidos.engine.errors import StoreError
from eidos.engine.store.addresses import packed, unpacked

_LEVEL = 6
"""zlib: level 9 saves under 1 % on snapshots; lzma and bz2 are larger below 10 KB."""
_WINDOW = 32_768
"""How far back zlib looks: a longer dictionary would not be seen."""
_SMALL = 128
"""Bytes below which a dictionary saves nothing."""


class BlobWriter:
    """Stores content within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[str, int] = {}
        self._bases: dict[str, tuple[int, bytes] | None] = {}

    def known(self, at: str) -> int | None:
        """Give the row of the content at an address, if it is stored."""
        if at not in self._ids:
            row = self._connection.execute(
                "SELECT id FROM blobs WHERE address = ?", (packed(at),)
            ).fetchone()
            if row is None:
                return None
            self._ids[at] = int(row[0])
        return self._ids[at]

    def put(self, kind: str, content: bytes, at: str | None = None) -> int:
        """Store content, unless it is; give its row. `kind` says what it resembles."""
        at = at or address(content)
        known = self.known(at)
        if known is not None:
            return known
        base, body = self._compressed(kind, content)
        (row,) = self._connection.execute(
            "INSERT INTO blobs (address, kind, base, body) VALUES (?, ?, ?, ?) RETURNING id",
            (packed(at), kind, base, body),
        ).fetchone()
        self._ids[at] = int(row)
        if base is None:
            self._bases[kind] = (row, content)
        return self._ids[at]

    def _compressed(self, kind: str, content: bytes) -> tuple[int | None, bytes]:
        whole = zlib.compress(content, _LEVEL)
        base = self._base(kind) if len(content) > _SMALL else None
        if base is None or len(base[1]) > _WINDOW:
            return None, whole
        compressor = zlib.compressobj(_LEVEL, zdict=base[1])
        delta = compressor.compress(content) + compressor.flush()
        return (base[0], delta) if len(delta) * 2 < len(whole) else (None, whole)

    def _base(self, kind: str) -> tuple[int, bytes] | None:
        if kind not in self._bases:
            row = self._connection.execute(
                "SELECT id FROM blobs WHERE kind = ? AND base IS NULL ORDER BY id DESC LIMIT 1",
                (kind,),
            ).fetchone()
            self._bases[kind] = (row[0], read_blob(self._connection, row[0])) if row else None
        return self._bases[kind]


def read_blob(connection: sqlite3.Connection, row: int) -> bytes:
    """Give the content of a row.

    Raises:
        StoreError: the content is not what its address says.
    """
    at, body, base = connection.execute(
        "SELECT b.address, b.body, d.body FROM blobs b LEFT JOIN blobs d ON d.id = b.base "
        "WHERE b.id = ?",
        (row,),
    ).fetchone()
    try:
        content = _expanded(body, base)
    except zlib.error:
        content = None
    if content is None or address(content) != unpacked(at):
        raise StoreError(
            f"the database is damaged: stored content {row} does not match its address",
            hint="Restore the database from a backup; other runs may still be readable.",
        )
    return content


def _expanded(body: bytes, base: bytes | None) -> bytes:
    if base is None:
        return zlib.decompress(body)
    return zlib.decompressobj(zdict=zlib.decompress(base)).decompress(body)
