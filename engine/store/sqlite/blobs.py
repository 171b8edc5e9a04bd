"""Content, stored once, compressed, and checked when it is read.

Content is written as the difference from what stood in its place before, if the caller knows that,
else from the last whole content of its kind. Where this saves less than half, it is stored whole;
chains of differences are kept short. The difference of a JSON object is the keys that changed, that
of anything else the content itself; both are compressed with the whole content that the chain
starts from as zlib's dictionary, so that a key costs a few bytes.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from eidos.engine.digest import address, canonical
from eidos.engine.records import dataclass
from eidos.engine.store.sqlite.addresses import (
    AlteredError,
    address_of,
    expect,
    find,
    intern,
    reading_row,
)

_LEVEL = 6
"""zlib: level 9 saves under 1 % on snapshots; lzma and bz2 are larger below 10 KB."""
_WINDOW = 32_768
"""How far back zlib looks: a longer dictionary would not be seen."""
_SMALL = 128
"""Bytes below which a difference saves nothing."""
_CLEARLY = 24
"""Times as large as its difference is content of which zlib would never make twice that."""
_DEPTH = 32
"""Differences in a chain: each costs a reader some 10 microseconds."""


@dataclass(frozen=True)
class _Kept:
    """Stored content, and how it is stored."""

    row: int
    content: bytes
    root: bytes
    """The whole content that its chain starts from."""
    depth: int
    """0 if it is whole itself."""

    @cached_property
    def value(self) -> dict[str, Any] | None:
        """The content as an object; many alike ones are held against it."""
        return as_object(self.content)


class BlobWriter:
    """Stores content within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[str, int] = {}
        self._whole: dict[str, _Kept | None] = {}

    def known(self, at: str) -> int | None:
        """Give the row of the content at an address, if it is stored."""
        if at not in self._ids:
            row = self._connection.execute(
                "SELECT id FROM blobs WHERE id = ?", (find(self._connection, at),)
            ).fetchone()
            if row is None:
                return None
            self._ids[at] = int(row[0])
        return self._ids[at]

    def put(
        self, kind: str, content: bytes, at: str | None = None, before: int | None = None
    ) -> int:
        """Store content, unless it is; give its row.

        Args:
            kind: what it is; content of one kind is alike.
            content: what to store.
            at: its address, if known.
            before: row of what stood in its place before.
        """
        at = at or address(content)
        known = self.known(at)
        return self._put(kind, content, at, before) if known is None else known

    def _put(self, kind: str, content: bytes, at: str, before: int | None) -> int:
        base = self._base(kind, before) if len(content) > _SMALL else None
        form, body = _difference(content, base) if base else ("whole", b"")
        # Of nodes of a fleet the difference is a few bytes: no need to see what the whole takes.
        is_small = base is not None and len(body) * _CLEARLY < len(content)
        whole = b"" if is_small else zlib.compress(content, _LEVEL)
        if base is None or (not is_small and len(body) * 2 > len(whole)):
            row = self._insert(at, kind, "whole", None, whole)
            self._whole[kind] = _Kept(row, content, content, 0)
        else:
            row = self._insert(at, None, form, base.row, body)
        self._ids[at] = row
        return row

    def _insert(self, at: str, kind: str | None, form: str, base: int | None, body: bytes) -> int:
        row = intern(self._connection, at)
        self._connection.execute(
            "INSERT INTO blobs (id, kind, form, base, body) VALUES (?, ?, ?, ?, ?)",
            (row, kind, form, base, body),
        )
        return row

    def _base(self, kind: str, before: int | None) -> _Kept | None:
        if before is not None:
            base = _read(self._connection, before)
            if base.depth < _DEPTH and len(base.root) <= _WINDOW:
                return base
        if kind not in self._whole:
            row = self._connection.execute(
                "SELECT id FROM blobs WHERE kind = ? ORDER BY id DESC LIMIT 1", (kind,)
            ).fetchone()
            self._whole[kind] = _read(self._connection, row[0]) if row else None
        found = self._whole[kind]
        return found if found and len(found.root) <= _WINDOW else None


def _difference(content: bytes, base: _Kept) -> tuple[str, bytes]:
    old, new = base.value, as_object(content)
    if old is not None and new is not None:
        return "patch", _packed_like(patch(old, new), base.root)
    # What is no object is compressed with the root as dictionary whatever the base: no chain.
    return "like", _packed_like(content, base.root)


def read_blob(connection: sqlite3.Connection, row: int | None) -> bytes:
    """Give the content of a row.

    Raises:
        AlteredError: the content is not what its address says.
    """
    return _read(connection, row).content


def _read(connection: sqlite3.Connection, row: int | None) -> _Kept:
    if row is None:
        raise AlteredError("blobs", "", "have lost what something else is made of")
    with reading_row("blobs", row):
        chain = connection.execute(
            "WITH RECURSIVE chain (id, kind, form, body, base, depth) AS ("
            "SELECT id, kind, form, body, base, 0 FROM blobs WHERE id = ? UNION ALL "
            "SELECT b.id, b.kind, b.form, b.body, b.base, c.depth + 1 FROM chain c "
            "JOIN blobs b ON b.id = c.base WHERE c.depth <= ?) "
            "SELECT kind, form, body, base FROM chain ORDER BY depth",
            (row, _DEPTH),
        ).fetchall()
        _refuse_odd_chain(chain)
        at = address_of(connection, row)
        try:
            root, content = _expanded([(form, body) for _, form, body, _ in chain])
        except zlib.error as error:
            raise AlteredError("blobs", row, "cannot be unpacked", expected=at) from error
    expect("blobs", row, at, address(content))
    return _Kept(row, content, root, len(chain) - 1)


def _refuse_odd_chain(chain: list[tuple[str | None, str, bytes, int | None]]) -> None:
    """See that there are differences, and whole content at their end."""
    for kind, form, _, base in chain[:-1]:
        if form not in {"patch", "like"} or kind is not None or base is None:
            raise ValueError("no difference")
    kind, form, _, base = chain[-1]
    if form != "whole" or kind is None or base is not None:
        raise ValueError("not whole")


def _expanded(chain: list[tuple[str, bytes]]) -> tuple[bytes, bytes]:
    """Give the root's content and the first one's.

    Raises:
        ValueError, KeyError, TypeError, zlib.error: it was damaged.
    """
    *differences, (_, whole) = chain
    root = _unpacked(whole, zlib.decompressobj())
    content, patches = root, []
    for form, body in reversed(differences):
        written = _unpacked(body, zlib.decompressobj(zdict=root))
        if form == "patch":
            patches.append(written)
        else:
            content, patches = written, []
    return root, patched(content, patches) if patches else content


def _packed_like(content: bytes, root: bytes) -> bytes:
    """Compress content with other content as the dictionary."""
    compressor = zlib.compressobj(_LEVEL, zdict=root)
    return compressor.compress(content) + compressor.flush()


def _unpacked(body: bytes, decompressor: "zlib._Decompress") -> bytes:
    """Decompress all of it.

    Raises:
        zlib.error: it was damaged, is cut off, or something follows.
    """
    content = decompressor.decompress(body)
    if not decompressor.eof or decompressor.unused_data:
        raise zlib.error("not one whole stream")
    return content


def as_object(content: bytes) -> dict[str, Any] | None:
    """Give the JSON object that content is the canonical form of; None if it is none."""
    if not content.startswith(b"{"):
        return None
    try:
        value = json.loads(content)
        same = canonical(value) == content
    except ValueError:  # no JSON, or text in it that is not Unicode
        return None
    return value if isinstance(value, dict) and same else None


def patch(old: dict[str, Any], new: dict[str, Any]) -> bytes:
    """Give what turns one object into another: ``[{changed}, [dropped]]``."""
    missing = object()
    changed = {key: value for key, value in new.items() if not _same(old.get(key, missing), value)}
    return canonical([changed, sorted(old.keys() - new.keys())])


def _same(one: object, other: object) -> bool:
    """Say whether two values are the same JSON; to Python, 1 and 1.0 and True are equal."""
    return one == other and (type(one) is str or repr(one) == repr(other))


def patched(root: bytes, patches: Iterable[bytes]) -> bytes:
    """Give the content that patches, in order, make of the root's."""
    value = json.loads(root)
    for written in patches:
        changed, dropped = json.loads(written)
        for key in dropped:
            del value[key]
        value.update(changed)
    return canonical(value)
