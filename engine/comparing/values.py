"""Comparing two JSON values."""

from collections.abc import Iterator, Mapping, Sequence

from eidos.engine.digest import canonical
from eidos.engine.model.drift import ChangeKind, Path
from eidos.engine.model.jsonvalue import Json

Difference = tuple[Path, ChangeKind, Json, Json]
"""Path, kind, value before, value after."""

IDENTITIES = ("uuid", "name", "id", "key")
"""Keys that tell the entries of a list apart, the first that all of them have."""


def differences(before: Json, after: Json, path: Path = ()) -> Iterator[Difference]:
    """Give where two values differ, as deep as their shape is the same.

    Lists of maps with names are compared by name, other lists of maps or lists entry by entry when
    they are equally long, and the rest as a whole.
    """
    if is_same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _maps(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    else:
        yield path, _kind(before, after), before, after


def is_same(before: Json, after: Json) -> bool:
    """Compare as JSON does: 1 is not true, nor is it 1.0."""
    # Python's own comparison is much quicker than the canonical form and settles most pairs.
    if type(before) is not type(after) or before != after:
        return False
    if isinstance(before, dict | list):
        return canonical(before) == canonical(after)
    return True


def differing(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[str]:
    """Name the keys whose values differ, or that only one map has, in order."""
    # Whether two maps that Python calls equal are the same JSON takes a walk through both: only
    # those are walked through. Scalars are told apart by their type at once.
    suspects = [
        key
        for key, value in before.items()
        if key not in after or type(value) is not type(after[key]) or value != after[key]
    ]
    equal_maps = [
        key
        for key, value in before.items()
        if isinstance(value, dict | list) and key in after and value == after[key]
    ]
    suspects += [key for key in equal_maps if not is_same(before[key], after[key])]
    return sorted({*suspects, *(key for key in after if key not in before)})


def _maps(before: dict[str, Json], after: dict[str, Json], path: Path) -> Iterator[Difference]:
    for key in differing(before, after):
        if key not in after:
            yield (*path, key), ChangeKind.REMOVED, before[key], None
        elif key not in before:
            yield (*path, key), ChangeKind.ADDED, None, after[key]
        else:
            yield from differences(before[key], after[key], (*path, key))


def _lists(before: list[Json], after: list[Json], path: Path) -> Iterator[Difference]:
    named = _named(before, after)
    if named is not None:
        yield from _maps(*named, path)
    elif len(before) == len(after) and _is_deep([*before, *after]):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, (*path, position))
    else:
        yield path, ChangeKind.CHANGED, before, after


def _named(
    before: Sequence[Json], after: Sequence[Json]
) -> tuple[dict[str, Json], dict[str, Json]] | None:
    for identity in IDENTITIES:
        old, new = _by(identity, before), _by(identity, after)
        if old is not None and new is not None:
            return old, new
    return None


def _by(identity: str, entries: Sequence[Json]) -> dict[str, Json] | None:
    found: dict[str, Json] = {}
    for entry in entries:
        name = entry.get(identity) if isinstance(entry, dict) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = entry
    return found


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
