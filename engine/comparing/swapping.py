"""One side of a comparison with some of the changes made to it: what would be, had only they come.

Swapping every change of one side gives the other, but for what means nothing (the order of entries
that have names) and for what is not compared.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eidos.engine.model.drift import Change, ChangeKind, Path
from eidos.engine.model.jsonvalue import Json

_ADDED = ChangeKind.ADDED
_BACK = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED}


def undone(change: Change) -> Change:
    """Give the change that takes a change back."""
    return replace(
        change,
        kind=_BACK.get(change.kind, change.kind),
        before=change.after,
        after=change.before,
        before_at=change.after_at,
        after_at=change.before_at,
    )


def swapped(
    data: Mapping[str, Json], other: Mapping[str, Json], changes: Iterable[Change]
) -> dict[str, Json]:
    """Give the data of a subtype with some changes made; the data itself stays as it is.

    Args:
        data: how it was.
        other: the same subtype on the other side; whole values are taken from it as they are there.
        changes: changes of this subtype from the first to the other.
    """
    edited = _Edited(data)
    chosen = list(changes)
    for change in chosen:
        if change.kind not in _BACK:
            edited.put(change.before_at, _at(other, change.after_at))
    # Indices are those of the data as it was: what goes, goes from the end of its list, and what
    # comes is put in last, also from the end, so that no index moves before it is used.
    for path in _from_the_end(chosen, ChangeKind.REMOVED):
        edited.remove(path)
    came = {change.after_at: change.before_at for change in chosen if change.kind is _ADDED}
    for path in sorted(came, key=_place, reverse=True):
        edited.insert(came[path], _at(other, path))
    return edited.root


def _from_the_end(changes: Sequence[Change], kind: ChangeKind) -> list[Path]:
    return sorted((each.before_at for each in changes if each.kind is kind), key=_place)[::-1]


class _Edited:
    """A copy of data that shares with it what no edit touches."""

    def __init__(self, data: Mapping[str, Json]) -> None:
        self.root: dict[str, Json] = dict(data)
        self._copies: dict[Path, Any] = {(): self.root}
        self._ends: dict[Path, int] = {}

    def put(self, path: Path, value: Json) -> None:
        self._opened(path[:-1])[path[-1]] = value
        self._copies.pop(path, None)

    def remove(self, path: Path) -> None:
        del self._opened(path[:-1])[path[-1]]

    def insert(self, path: Path, value: Json) -> None:
        parent, name = self._opened(path[:-1]), path[-1]
        if isinstance(parent, list) and isinstance(name, int):
            parent.insert(min(name, self._ends.setdefault(path[:-1], len(parent))), value)
        else:
            parent[name] = value

    def _opened(self, path: Path) -> Any:  # noqa: ANN401 -- a map or a list, as the path has it
        if path not in self._copies:
            parent = self._opened(path[:-1])
            parent[path[-1]] = self._copies[path] = copy.copy(parent[path[-1]])
        return self._copies[path]


def _at(data: Any, path: Path) -> Json:  # noqa: ANN401 -- a map or a list, as the path has it
    for segment in path:
        data = data[segment]
    found: Json = data
    return found


def _place(path: Path) -> tuple[int, int]:
    """Put what is deeper, and of one list what comes later, behind."""
    return (len(path), path[-1] if isinstance(path[-1], int) else 0)
