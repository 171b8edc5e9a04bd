"""Where each path stands in its text.

A tree runs beside the value: a leaf is one integer (line and column packed), a map or list is its
own mark and its children. It is a few tens of bytes for each value, so a whole fleet can be kept.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

Marks: TypeAlias = int | tuple[int, "dict[str, Marks] | list[Marks]"]

_COLUMN_BITS = 24
"""A mark is line and column in one integer, since a document has one for every value of it."""
_COLUMN_MAX = (1 << _COLUMN_BITS) - 1


class Place(NamedTuple):
    """Line and column of the deepest part of a path that exists."""

    line: int | None
    """Counted from 1."""
    column: int | None
    """Counted from 1, in characters."""
    depth: int
    """How many segments of the path exist."""


class Positions(Protocol):
    """Finds paths in one document."""

    def find(self, path: Sequence[str | int]) -> Place:
        """Give the place of a path or of its nearest ancestor."""
        ...


class Nowhere:
    """Positions of a value that was not read from a text."""

    def find(self, path: Sequence[str | int]) -> Place:
        """Know nothing, and believe that the path exists."""
        return Place(None, None, len(path))


NOWHERE = Nowhere()


class MarkedPositions:
    """Positions that were noted while reading."""

    __slots__ = ("marks",)

    def __init__(self, marks: Marks) -> None:
        self.marks = marks

    def find(self, path: Sequence[str | int]) -> Place:
        """Walk down as far as the path exists."""
        node = self.marks
        depth = 0
        for segment in path:
            child = _child(node, segment)
            if child is None:
                break
            node = child
            depth += 1
        mark = node if isinstance(node, int) else node[0]
        return Place((mark >> _COLUMN_BITS) + 1, (mark & _COLUMN_MAX) + 1, depth)


def _child(node: Marks, segment: str | int) -> Marks | None:
    if isinstance(node, int):
        return None
    children = node[1]
    if isinstance(children, dict):
        return children.get(segment) if isinstance(segment, str) else None
    if isinstance(segment, int) and 0 <= segment < len(children):
        return children[segment]
    return None


def pack(line: int, column: int) -> int:
    """Make one integer of a line and a column, both counted from 0."""
    return line << _COLUMN_BITS | min(column, _COLUMN_MAX)


def line_of(mark: int) -> int:
    """Give the line of a packed place, counted from 0."""
    return mark >> _COLUMN_BITS
