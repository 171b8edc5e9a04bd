"""Patterns that name facts: ``type.subtype.key``, a glob each, as in ``os.sysctl./proc/sys/fs/*``.

The key's part may hold dots and may go on below the key: ``k8s.node.labels.example.com/rack``. A
pattern that matches a key matches everything below it.
"""

import re
from collections.abc import Sequence
from fnmatch import translate
from typing import Generic, TypeVar

from eidos.engine.errors import UsageError
from eidos.engine.model.drift import Change, Path

Row = TypeVar("Row")
_PARTS = 3
_LONGEST = 1000
"""Characters of a pattern."""


class Patterns(Generic[Row]):
    """Finds the rows whose pattern matches a fact; the same fact is looked up once.

    Args:
        rows: pattern and what it stands for, in the order of their precedence.
    """

    def __init__(self, rows: Sequence[tuple[str, Row]]) -> None:
        self._rows = [(_compiled(pattern), row) for pattern, row in rows]
        self._known: dict[Path, tuple[Row, ...]] = {}

    def of(self, change: Change) -> tuple[Row, ...]:
        """Give the rows that name the changed fact."""
        fact = change.segments
        if fact not in self._known:
            names = _names(change)
            self._known[fact] = tuple(
                row for pattern, row in self._rows if any(map(pattern.match, names))
            )
        return self._known[fact]


def check_pattern(pattern: str, where: str) -> None:
    """Refuse a pattern that can match nothing.

    Args:
        pattern: what the user wrote.
        where: for the message: what the pattern is for and who said it.

    Raises:
        UsageError: it has not three parts, or is absurdly long.
    """
    parts = pattern.split(".", _PARTS - 1)
    if len(parts) != _PARTS or not all(parts) or len(pattern) > _LONGEST:
        raise UsageError(
            f"the pattern '{pattern[:100]}' ({where}) is not type.subtype.key",
            hint="Write for example systemd.*.MainPID or os.sysctl./proc/sys/fs/* (a glob each).",
        )


def _compiled(pattern: str) -> re.Pattern[str]:
    kind, _, rest = pattern.partition(".")
    type_ = re.sub(r"(?<!\\)\.", "[^.]", translate(kind.lower()).removesuffix(r"\Z"))
    return re.compile(rf"{type_}\.{translate(rest)}")


def _names(change: Change) -> list[str]:
    """Name the fact and everything that it is in."""
    start = f"{change.address.type}.{change.address.subtype}"
    names = [f"{start}."] if not change.path else []
    for segment in change.path:
        start = f"{start}.{segment}"
        names.append(start)
    return names
