"""Facts with one thing changed, by what the vocabulary says they are."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from eidos.engine.digest import canonical
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.facttypes import FactType
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass
from eidos.engine.vocabulary import vocabulary

_GONE: Final = object()
_UNREADABLE: Final = "N/A"
_KEYS: Final = 6
"""Keys of a subtype that is declared as a whole."""
_NUMBERS: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Variation:
    """An input with one fact changed."""

    fact: str
    """As the rule declares it; one of its keys, where that is a whole subtype."""
    said: str
    """``gpu.smi.driver is gone``."""
    input: Json


def variations(facts: Sequence[FactAddress], given: Json) -> Iterator[Variation]:
    """Give an input again and again, each time with one fact changed; each input once.

    Args:
        facts: what the rule declares.
        given: its input.
    """
    seen = {canonical(given)}
    for fact, path in _places(facts, given):
        current, one = _at(given, path), fact._replace(key=path[-1])
        for value in _values(vocabulary().type_of(one), current):
            changed = _with(given, path, value)
            key = canonical(changed)
            if key not in seen:
                seen.add(key)
                said = "is gone" if value is _GONE else f"is {value!r}"
                yield Variation(str(fact), f"{one} {said}", changed)


def is_asked(required: Sequence[FactAddress], given: Json) -> bool:
    """Tell whether a rule is asked of an input: else its verdict is unknown, whatever it says.

    Args:
        required: facts that it cannot do without.
        given: the input.
    """
    for fact in required:
        nodes = _at(given, ("nodes",)) if fact.every_node else {"": given}
        for facts in nodes.values() if isinstance(nodes, dict) else ():
            data = _at(facts, (fact.type, fact.subtype))
            if not isinstance(data, dict) or (fact.key is not None and fact.key not in data):
                return False
            if vocabulary().unreadable(fact, data) is not None:
                return False
    return True


def _places(
    facts: Sequence[FactAddress], given: Json
) -> Iterator[tuple[FactAddress, tuple[str, ...]]]:
    """Give what is declared, with the path to each fact of it that an input holds."""
    for fact in facts:
        roots: list[tuple[str, ...]] = [()]
        if fact.every_node:
            nodes = _at(given, ("nodes",))
            roots = [("nodes", name) for name in nodes] if isinstance(nodes, dict) else []
        for root in roots:
            whole = (*root, fact.type, fact.subtype)
            data = _at(given, whole)
            keys = [fact.key] if fact.key is not None else list(data)[:_KEYS] if data else []
            for key in keys:
                yield fact, (*whole, key)


def _at(given: Json, path: Sequence[str]) -> Any:  # noqa: ANN401 -- JSON
    for step in path:
        given = given.get(step) if isinstance(given, dict) else None
    return given


def _with(given: Json, path: Sequence[str], value: object) -> Json:
    """Give an input with another value at a path; what is not there on the way is made."""
    step, *rest = path
    found: dict[str, Any] = dict(given) if isinstance(given, dict) else {}
    if rest:
        found[step] = _with(found.get(step), rest, value)
    elif value is _GONE:
        found.pop(step, None)
    else:
        found[step] = value
    return found


def _values(type_: FactType | None, current: Json) -> Iterator[object]:
    """Give what a fact may be instead: gone, unreadable, at its bounds, another of its texts."""
    yield _GONE
    yield _UNREADABLE
    kind = type_.kind if type_ is not None else ""
    if type_ is not None and kind == "enum":
        yield from type_.values
    elif kind == "switch" or isinstance(current, bool):
        yield from (True, False)
    elif isinstance(current, int) or kind in ("number", "limit"):
        yield from _around(type_, current)
    elif isinstance(current, str):
        yield from _moved(current)
    elif isinstance(current, list):
        yield from ([], current[:1])
    elif isinstance(current, dict):
        yield {}


def _around(type_: FactType | None, current: Json) -> Iterator[object]:
    number = current if isinstance(current, int) else 0
    bounds = (type_.least, type_.most) if type_ else (None, None)
    for each in (number - 1, number + 1, 0, *bounds):
        if each is not None:
            yield each


def _moved(text: str) -> Iterator[str]:
    """Give a text with its first and its last number moved; another one where it has none."""
    places = list(_NUMBERS.finditer(text))
    if not places:
        yield from ("", f"{text}-other")
        return
    for place in dict.fromkeys((places[0], places[-1])):
        for by in (1, -1):
            number = max(0, int(place[0]) + by)
            yield f"{text[: place.start()]}{number}{text[place.end() :]}"
