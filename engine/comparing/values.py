"""Comparing two JSON values.

A difference is told at a path that both sides share, where entries of a list go by their name, and
it knows where it stands in each of the two values, where entries have an index.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eidos.engine.digest import canonical
from eidos.engine.model.drift import ChangeKind, Path
from eidos.engine.model.jsonvalue import Json


class Difference(NamedTuple):
    """Where two values differ."""

    path: Path
    """As people call it: entries that have a name go by it."""
    kind: ChangeKind
    before: Json
    after: Json
    before_at: Path
    """Where it stands in the value before; for what was added, where it is not."""
    after_at: Path
    """Where it stands in the value after; for what was removed, where it is not."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How the entries of a list are told apart."""

    fields: tuple[str, ...]
    """What names an entry, together; an entry may lack some of them, and several may be equal."""
    whole: bool = False
    """An entry that differs is one difference, not one for each of its fields."""
    apart: frozenset[str] = frozenset()
    """Fields that are told by themselves all the same."""


Namings = Mapping[Path, Naming]
"""By the path of the list, for lists whose entries are known."""

_GENERIC = (
    *(Naming((field,)) for field in ("uuid", "name", "id", "key")),
    *(Naming(fields) for fields in (("namespace", "name"), ("kind", "namespace", "name"))),
    *(Naming(fields) for fields in (("key", "effect"), ("type",), ("type", "address"))),
)
"""What tells the entries of any other list apart: the first that does on both sides."""


class _At(NamedTuple):
    """A place, in the words of both sides."""

    path: Path = ()
    before: Path = ()
    after: Path = ()

    def below(self, name: str | int, before: str | int, after: str | int) -> "_At":
        return _At((*self.path, name), (*self.before, before), (*self.after, after))


def differences(before: Json, after: Json, namings: Namings | None = None) -> Iterator[Difference]:
    """Give where two values differ, as deep as their shape is the same.

    Args:
        before: the value before.
        after: the value after.
        namings: lists whose entries are known. Entries of any other list of maps are told apart by
            the first of `_GENERIC` that fits, else by their place in the list.
    """
    return _Walk(namings or {}).values(before, after, _At())


class _Walk:
    def __init__(self, namings: Namings) -> None:
        self._namings = namings

    def values(self, before: Json, after: Json, at: _At) -> Iterator[Difference]:
        if is_same(before, after):
            return
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self._maps(before, after, at)
        elif isinstance(before, list) and isinstance(after, list):
            yield from self._lists(before, after, at)
        else:
            yield Difference(at.path, _kind(before, after), before, after, at.before, at.after)

    def _maps(
        self, before: Mapping[str, Json], after: Mapping[str, Json], at: _At
    ) -> Iterator[Difference]:
        for key in differing(before, after):
            below = at.below(key, key, key)
            if key not in after:
                yield _removed(before[key], below)
            elif key not in before:
                yield _added(after[key], below)
            else:
                yield from self.values(before[key], after[key], below)

    def _lists(self, before: list[Json], after: list[Json], at: _At) -> Iterator[Difference]:
        naming = self._naming(before, after, at.path)
        if naming is not None:
            for name, old, new in _matched(before, after, naming):
                yield from self._entry(name, (before, old), (after, new), at)
        elif not _is_deep([*before, *after]):
            yield _changed(before, after, at)
        elif len(before) == len(after):
            for place, (old_entry, new_entry) in enumerate(zip(before, after, strict=True)):
                yield from self.values(old_entry, new_entry, at.below(place, place, place))
        else:
            yield from _unnamed(before, after, at)

    def _naming(self, before: Sequence[Json], after: Sequence[Json], path: Path) -> Naming | None:
        if not all(isinstance(entry, dict) for entry in (*before, *after)):
            return None
        known = self._namings.get(path)
        if known is not None:
            return known if all(_name(entry, known) for entry in (*before, *after)) else None
        return next((each for each in _GENERIC if _tells_apart(each, before, after)), None)

    def _entry(
        self,
        name: str,
        before: tuple[Sequence[Json], int | None],
        after: tuple[Sequence[Json], int | None],
        at: _At,
    ) -> Iterator[Difference]:
        (olds, old), (news, new) = before, after
        # Where one side has no such entry, its place is the end of its list.
        below = at.below(name, len(olds) if old is None else old, len(news) if new is None else new)
        if new is None and old is not None:
            yield _removed(olds[old], below)
        elif old is None and new is not None:
            yield _added(news[new], below)
        elif old is not None and new is not None:
            yield from self._fields(olds[old], news[new], below, self._namings.get(at.path))

    def _fields(self, old: Json, new: Json, at: _At, naming: Naming | None) -> Iterator[Difference]:
        """Compare an entry with its counterpart: as one, or field by field."""
        if naming is None or not (naming.whole and isinstance(old, dict) and isinstance(new, dict)):
            yield from self.values(old, new, at)
            return
        before, after = _without(old, naming.apart), _without(new, naming.apart)
        if not is_same(before, after):
            yield _changed(before, after, at)
        yield from self._maps(_only(old, naming.apart), _only(new, naming.apart), at)


def is_same(before: Json, after: Json) -> bool:
    """Compare as JSON does: 1 is 1.0, and neither is true."""
    # Python's own comparison is much quicker than a walk and settles most pairs: what it holds to
    # differ does differ.
    if before != after or isinstance(before, bool) is not isinstance(after, bool):
        return False
    if isinstance(before, dict) and isinstance(after, dict):
        return canonical(before) == canonical(after) or all(
            is_same(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return canonical(before) == canonical(after) or all(map(is_same, before, after))
    return True


def is_identical(before: Json, after: Json) -> bool:
    """Compare as texts do: 1 is not 1.0."""
    if type(before) is not type(after) or before != after:
        return False
    return not isinstance(before, dict | list) or canonical(before) == canonical(after)


def differing(
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    same: Callable[[Json, Json], bool] = is_same,
) -> list[str]:
    """Name the keys whose values differ, or that only one map has, in order."""
    keys = [key for key, value in before.items() if key not in after or not same(value, after[key])]
    return sorted([*keys, *(key for key in after if key not in before)])


def _removed(value: Json, at: _At) -> Difference:
    return Difference(at.path, ChangeKind.REMOVED, value, None, at.before, at.after)


def _added(value: Json, at: _At) -> Difference:
    return Difference(at.path, ChangeKind.ADDED, None, value, at.before, at.after)


def _changed(before: Json, after: Json, at: _At) -> Difference:
    return Difference(at.path, ChangeKind.CHANGED, before, after, at.before, at.after)


# Entries of lists -------------------------------------------------------------------------------


def _unnamed(before: list[Json], after: list[Json], at: _At) -> Iterator[Difference]:
    """Tell entries that one list has more than the other; more than that is told as a whole."""
    start = _common(before, after)
    most = min(len(before), len(after)) - start
    end = min(most, _common(before[::-1], after[::-1]))
    if start + end < min(len(before), len(after)):
        yield _changed(before, after, at)
        return
    for place in range(start, len(before) - end):
        yield _removed(before[place], at.below(place, place, start))
    for place in range(start, len(after) - end):
        yield _added(after[place], at.below(place, start, place))


def _common(before: Sequence[Json], after: Sequence[Json]) -> int:
    """Count the entries with which both begin."""
    pairs = enumerate(zip(before, after, strict=False))
    return next(
        (place for place, pair in pairs if not is_same(*pair)), min(len(before), len(after))
    )


def _tells_apart(naming: Naming, *sides: Sequence[Json]) -> bool:
    for entries in sides:
        named = [_name(entry, naming) for entry in entries if _has_all(entry, naming)]
        if len(named) != len(entries) or len(set(named)) != len(named):
            return False
    return True


def _has_all(entry: Json, naming: Naming) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(entry.get(field), str) for field in naming.fields
    )


def _name(entry: Json, naming: Naming) -> str:
    parts = (entry.get(field) for field in naming.fields) if isinstance(entry, dict) else ()
    return "/".join(part for part in parts if isinstance(part, str) and part)


def _matched(
    before: Sequence[Json], after: Sequence[Json], naming: Naming
) -> Iterator[tuple[str, int | None, int | None]]:
    """Pair the entries of one name, equal ones first; what is left over has no counterpart.

    Yields:
        What the entry is called, and its index on each side. The second of a name is ``name#2``:
        two versions of one container run side by side while it is rolled out.
    """
    old, new = _by_name(before, naming), _by_name(after, naming)
    for name in sorted(old.keys() | new.keys()):
        pairs = _paired(old.get(name, []), new.get(name, []), before, after)
        for number, (one, other) in enumerate(pairs, 1):
            yield (f"{name}#{number}" if number > 1 else name), one, other


def _by_name(entries: Sequence[Json], naming: Naming) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        found.setdefault(_name(entry, naming), []).append(place)
    return found


def _paired(
    old: Sequence[int], new: Sequence[int], before: Sequence[Json], after: Sequence[Json]
) -> list[tuple[int | None, int | None]]:
    if len(old) == len(new) == 1:
        return [(old[0], new[0])]
    texts = {place: canonical(after[place]) for place in new}
    free = Counter(texts.values())
    lost = [place for place in old if not _took(canonical(before[place]), free)]
    got = [place for place in reversed(new) if _took(texts[place], free)][::-1]
    # What both have left is one entry each that changed.
    shared = min(len(lost), len(got))
    pairs: list[tuple[int | None, int | None]] = [*zip(lost[:shared], got[:shared], strict=True)]
    pairs += [(place, None) for place in lost[shared:]]
    return pairs + [(None, place) for place in got[shared:]]


def _took(text: bytes, free: Counter[bytes]) -> bool:
    """Take one of a kind, if there is one left."""
    if not free[text]:
        return False
    free[text] -= 1
    return True


def _only(entry: Mapping[str, Json], names: frozenset[str]) -> dict[str, Json]:
    return {name: value for name, value in entry.items() if name in names}


def _without(entry: Mapping[str, Json], names: frozenset[str]) -> dict[str, Json]:
    return {name: value for name, value in entry.items() if name not in names}


# Kinds ------------------------------------------------------------------------------------------


def _kind(before: Json, after: Json) -> ChangeKind:
    if type(before) is type(after) or isinstance(before, dict | list):
        return ChangeKind.CHANGED
    retyped = not isinstance(after, dict | list) and _text(before) == _text(after)
    return ChangeKind.RETYPED if retyped else ChangeKind.CHANGED


def _text(value: Json) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else canonical(value).decode()


def _is_deep(entries: Sequence[Json]) -> bool:
    return all(isinstance(entry, dict | list) for entry in entries)
