"""RFC 6902: the operations that turn one document, exactly as it was read, into the other.

Entries of a list that say who they are (``type``, ``subtype``, ``name``, ``node``) are followed
through the list, so that a reordered list costs a few moves and not its whole text.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from eidos.engine.comparing.values import differing, is_identical
from eidos.engine.digest import canonical
from eidos.engine.model.jsonvalue import Json

Operation = dict[str, Json]
_NAMES = ("type", "subtype", "name", "node", "uuid", "id")


def make_patch(before: Json, after: Json, *, tests: bool = False) -> list[Operation]:
    """Give the operations in the order in which they apply.

    Args:
        before: the baseline document.
        after: the current document.
        tests: put a ``test`` in front of every ``replace`` and ``remove``.
    """
    return list(_Patch(tests=tests).operations(before, after, ""))


def apply_patch(document: Json, operations: Sequence[Operation]) -> Json:
    """Give a copy of a document after some operations, by jsonpatch and not by our own reading.

    Raises:
        ValueError: the operations do not fit the document.
    """
    import jsonpatch

    try:
        patched: Json = jsonpatch.apply_patch(document, [dict(each) for each in operations])
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ValueError(f"the patch does not fit the document: {error}") from error
    return patched


def proven(operations: list[Operation], before: Json, after: Json) -> list[Operation]:
    """Give a patch that jsonpatch has applied; one that it refuses becomes the whole document.

    Who keeps a copy of a cluster by the patches of a watch cannot notice a wrong one, and every
    later patch would go wrong after it.
    """
    try:
        is_right = is_identical(apply_patch(before, operations), after)
    except ValueError:
        is_right = False
    return operations if is_right else [{"op": "replace", "path": "", "value": after}]


class _Patch:
    def __init__(self, *, tests: bool) -> None:
        self._tests = tests

    def operations(self, before: Json, after: Json, at: str) -> Iterator[Operation]:
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self._map(before, after, at)
        elif isinstance(before, list) and isinstance(after, list):
            yield from self._list(before, after, at)
        elif not is_identical(before, after):
            yield from self._tested(at, before)
            yield {"op": "replace", "path": at, "value": after}

    def _tested(self, at: str, value: Json) -> Iterator[Operation]:
        if self._tests:
            yield {"op": "test", "path": at, "value": value}

    def _map(self, before: dict[str, Json], after: dict[str, Json], at: str) -> Iterator[Operation]:
        for key in differing(before, after, is_identical):
            where = f"{at}/{_escaped(key)}"
            if key not in after:
                yield from self._remove(where, before[key])
            elif key not in before:
                yield {"op": "add", "path": where, "value": after[key]}
            else:
                yield from self.operations(before[key], after[key], where)

    def _remove(self, where: str, value: Json) -> Iterator[Operation]:
        yield from self._tested(where, value)
        yield {"op": "remove", "path": where}

    def _list(self, before: list[Json], after: list[Json], at: str) -> Iterator[Operation]:
        if is_identical(before, after):
            return
        old, new = _identities(before), _identities(after)
        if old is None or new is None:
            yield from self._anonymous(before, after, at)
            return
        working = list(zip(old, before, strict=True))
        yield from self._drop(working, set(new), at)
        yield from _arrange(working, list(zip(new, after, strict=True)), at)
        for index, value in enumerate(after):
            yield from self.operations(working[index][1], value, f"{at}/{index}")

    def _drop(
        self, working: list[tuple[str, Json]], kept: set[str], at: str
    ) -> Iterator[Operation]:
        for index in range(len(working) - 1, -1, -1):
            if working[index][0] not in kept:
                yield from self._remove(f"{at}/{index}", working.pop(index)[1])

    def _anonymous(
        self, before: Sequence[Json], after: Sequence[Json], at: str
    ) -> Iterator[Operation]:
        shared = min(len(before), len(after))
        for index in range(shared):
            yield from self.operations(before[index], after[index], f"{at}/{index}")
        # From the end, so that what is still to be removed keeps its index.
        for index in range(len(before) - 1, shared - 1, -1):
            yield from self._remove(f"{at}/{index}", before[index])
        for value in after[shared:]:
            yield {"op": "add", "path": f"{at}/-", "value": value}


def _arrange(
    working: list[tuple[str, Json]], wanted: Sequence[tuple[str, Json]], at: str
) -> Iterator[Operation]:
    """Bring the entries into their order, adding what is new; `working` follows along.

    The longest run that is in order already stays; all else goes right behind what comes before it.
    """
    present = dict(working)
    names = [name for name, _ in working]
    if names == [name for name, _ in wanted]:
        return
    staying = _longest_in_order(names, {name: place for place, (name, _) in enumerate(wanted)})
    for number, (name, value) in enumerate(wanted):
        if name in staying:
            continue
        source = names.index(name) if name in present else None
        if source is not None:
            names.pop(source)
        target = names.index(wanted[number - 1][0]) + 1 if number else 0
        names.insert(target, name)
        if source is None:
            present[name] = value
            yield {"op": "add", "path": f"{at}/{target}", "value": value}
        elif source != target:
            yield {"op": "move", "from": f"{at}/{source}", "path": f"{at}/{target}"}
    working[:] = [(name, present[name]) for name in names]


def _longest_in_order(names: Sequence[str], places: Mapping[str, int]) -> set[str]:
    """Give the longest part of some names whose places rise (patience sorting)."""
    tops: list[int] = []
    piles: list[str] = []
    before: dict[str, str | None] = {}
    for name in names:
        pile = bisect_left(tops, places[name])
        before[name] = piles[pile - 1] if pile else None
        tops[pile : pile + 1] = [places[name]]
        piles[pile : pile + 1] = [name]
    found: set[str] = set()
    last = piles[-1] if piles else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


def _identities(entries: Sequence[Json]) -> list[str] | None:
    """Give what each entry calls itself; None unless all do and no two are the same."""
    names = [_identity(entry) for entry in entries]
    known = [name for name in names if name is not None]
    return known if len(known) == len(entries) == len(set(known)) else None


def _identity(entry: Json) -> str | None:
    if not isinstance(entry, dict):
        return canonical(entry).decode() if not isinstance(entry, list) else None
    parts = [entry[name] for name in _NAMES if isinstance(entry.get(name), str)]
    return canonical(parts).decode() if parts else None


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
