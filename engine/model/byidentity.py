"""Remembering what was made of an object, for as long as it is the very same object."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST = 512
"""Some twenty subtypes a node, and a few that differ from node to node."""


class ByIdentity(Generic[T]):
    """What was made of objects, known by which object it is and not by what it holds.

    Alike documents share the parts in which they do not differ, so that each is worked on once. An
    object is kept alive while it is known: no other can take its identity. Nobody may change it.

    Args:
        most: objects to remember; then all are forgotten, since the next document shows again
            which ones are in use.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._made: dict[Hashable, tuple[object, T]] = {}

    def get(self, source: object, make: Callable[[], T], about: Hashable = None) -> T:
        """Give what was made of an object, or make it now.

        Args:
            source: the object.
            make: gives what is to be remembered.
            about: what else it is made of.
        """
        key = (id(source), about)
        known = self._made.get(key)
        if known is None:
            if len(self._made) >= self._most:
                self._made.clear()
            known = self._made[key] = source, make()
        return known[1]
