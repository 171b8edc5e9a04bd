"""Writing content as its difference from content that it resembles.

A JSON object is written as the keys that changed, anything else as it is; both are compressed with
the whole content that the chain of differences starts from as zlib's dictionary, so that a key
costs a few bytes.
"""

import json
import zlib
from collections.abc import Iterable
from typing import Any

from eidos.engine.digest import canonical

LEVEL = 6
"""zlib: level 9 saves under 1 % on snapshots; lzma and bz2 are larger below 10 KB."""


def packed_whole(content: bytes) -> bytes:
    """Compress content by itself."""
    return zlib.compress(content, LEVEL)


def packed_like(content: bytes, root: bytes) -> bytes:
    """Compress content with other content as the dictionary."""
    compressor = zlib.compressobj(LEVEL, zdict=root)
    return compressor.compress(content) + compressor.flush()


def unpacked_like(body: bytes, root: bytes) -> bytes:
    """Undo `packed_like`.

    Raises:
        zlib.error: it was damaged.
    """
    return zlib.decompressobj(zdict=root).decompress(body)


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
    return one == other and repr(one) == repr(other)


def patched(root: bytes, patches: Iterable[bytes]) -> bytes:
    """Give the content that patches, in order, make of the root's."""
    value = json.loads(root)
    for written in patches:
        changed, dropped = json.loads(written)
        for key in dropped:
            del value[key]
        value.update(changed)
    return canonical(value)
