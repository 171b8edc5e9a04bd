"""Cutting long lists where names say so: a change in one place leaves the other pages alone."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

_MEAN = 64
"""Average page: big enough to be few, small enough to rewrite for one changed node."""


def pages(items: Sequence[Item], name: Callable[[Item], str]) -> Iterator[Sequence[Item]]:
    """Give the items in pages; the places of the cuts depend on names alone."""
    start = 0
    for end, item in enumerate(items, start=1):
        if zlib.crc32(name(item).encode()) % _MEAN == 0 or end == len(items):
            yield items[start:end]
            start = end
