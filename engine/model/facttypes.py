"""What facts must look like to be facts: their types, and what is wrong with a value.

Pure data and checks; `eidos.engine.vocabulary` reads the table of our own vocabulary. A value that
is not what it should be is *unreadable*: it says nothing, neither good nor bad.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from eidos.engine.model.facts import Segment
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass

_SHOWN = 60
"""Characters of a value that a reason shows."""
_VERSION = r"[vV]?[0-9]{1,9}(?:\.[0-9]{1,9})*(?:[-+_~][0-9A-Za-z.+_~:-]*)?"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}"
_REFERENCE = rf"{_TAG}(?:@(?:{_DIGEST}))?|{_DIGEST}"
_SWITCHES = frozenset({"true", "false", "yes", "no", "on", "off", "1", "0", "enabled", "disabled"})
_DIGITS = re.compile(r"-?[0-9]{1,40}")
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]"
)
"""Also what has no width: no source writes it, and nobody sees it."""


class Fault(NamedTuple):
    """Why a value cannot be read, and where in it the trouble is."""

    why: str
    """``'N/A' is no version``."""
    at: tuple[Segment, ...] = ()
    """Below the fact: ``(3, "tag")``."""


class Blot(NamedTuple):
    """One place in a value where something else should stand, or where something is missing."""

    at: tuple[Segment, ...]
    """Below the fact, as in `Fault`; of what is missing, where it would stand."""
    kind: "FactType"
    """What should stand there."""


@dataclass(frozen=True, slots=True)
class FactType:
    """What one fact is.

    Which fields matter goes by `kind`: see ``schemas/facts/README.md``, where every kind stands.
    """

    kind: str
    about: str = ""
    """What it says, in a few words, for the documentation."""
    like: str | None = None
    """A regular expression for the whole text."""
    values: tuple[str, ...] = ()
    """The members of an enum."""
    none: tuple[str, ...] = ()
    """Texts that say, as a fact, that there is none: ``N/A`` of a GPU without GSP firmware."""
    least: int | None = None
    """Smallest number, or fewest items of a list."""
    most: int | None = None
    """Largest number."""
    empty: bool = False
    """The empty text is a value."""
    percent: bool = False
    """A number may be a percentage: ``25%``."""
    written: bool = False
    """A list may be written as JSON text."""
    of: "FactType | None" = None
    """What the items of a list are, or the values of a map."""
    fields: "Mapping[str, FactType]" = field(default_factory=dict)
    """What the named values of a map are; others are not looked at."""
    needs: tuple[tuple[str, ...], ...] = ()
    """Keys a map has; of each group at least one."""
    unknown: frozenset[str] = frozenset()
    """Texts, in lower case, by which a source says that it could not tell."""

    @property
    def words(self) -> str:
        """What it is, in a few words: ``a whole number from 0 to 1024``."""
        match self.kind:
            case "enum":
                words = " or ".join(f"`{value}`" for value in self.values)
            case "number":
                words = "a whole number" + self._bounds + (" or a percentage" * self.percent)
            case "list" if self.of is not None:
                words = "a list" + (" or JSON text of one" * self.written)
            case name:
                words = _WORDS[name]
        none = " or ".join(f"`{text}`" for text in self.none)
        return f"{words}, {none} where there is none" if none else words

    @property
    def _bounds(self) -> str:
        low = "" if self.least is None else f" from {self.least}"
        return low + ("" if self.most is None else f" to {self.most}")

    def fault(self, value: Json) -> Fault | None:
        """Say why a value is not of this type; None when it is."""
        if value is None:
            return Fault("null says nothing")
        if isinstance(value, str) and value in self.none:
            return None
        return _CHECKS[self.kind](self, value)

    def blots(self, value: Json) -> Iterator[Blot]:
        """Give every place that makes a value unreadable, as deep in it as can be said.

        Where `fault` gives the first trouble in words, this gives all of them; nothing is given of
        a value of this type.
        """
        if self.fault(value) is None:
            return
        inside = [
            Blot((step, *blot.at), blot.kind)
            for step, kind, item in _parts(self, value)
            for blot in kind.blots(item)
        ]
        yield from inside or [Blot((), self)]

    @property
    def samples(self) -> tuple[Json, ...]:
        """Some values of this type: those it names, its bounds, and what else happens to fit."""
        given = (*self.none, *self.values, self.least, self.most, *_containers(self), *_SAMPLES)
        return tuple(value for value in given if self.fault(value) is None)


_SAMPLES: tuple[Json, ...] = (
    *(True, False, 0, 1, [], {}, "a", "A1", "Aa", "5.0", "100.0", "a/b", "0x0000", "Role/a"),
    f"sha256:{'0' * 64}",
)
"""Values of which every type takes a few; null, with which others stand, is of none."""
_ANY = FactType("any")
_WORDS = {
    "any": "any value",
    "flat": "any single value",
    "text": "text",
    "version": "a version",
    "tag": "an image tag or digest",
    "digest": "an image digest",
    "limit": "a limit, or `infinity`",
    "switch": "true or false",
    "flag": "true where it is there",
    "argument": "the value, or a list of values",
    "list": "a list",
    "map": "a map",
}


def _any(type_: FactType, value: Json) -> Fault | None:  # noqa: ARG001 -- one shape for all checks
    return None


def _flat(type_: FactType, value: Json) -> Fault | None:  # noqa: ARG001 -- one shape for all checks
    return _wrong(value, "value of one key") if isinstance(value, dict) else None


def _text(type_: FactType, value: Json) -> Fault | None:
    return _matching(type_, value, type_.like, "text of the right form" if type_.like else "text")


def _version(type_: FactType, value: Json) -> Fault | None:
    return _matching(type_, value, type_.like or _VERSION, "version")


def _tag(type_: FactType, value: Json) -> Fault | None:
    return _matching(type_, value, _REFERENCE, "image tag")


def _digest(type_: FactType, value: Json) -> Fault | None:
    return _matching(type_, value, _DIGEST, "digest")


def _matching(type_: FactType, value: Json, like: str | None, noun: str) -> Fault | None:
    if not isinstance(value, str):
        return _wrong(value, noun)
    if value == "" and type_.empty:
        return None
    fault = _words(type_, value, noun)
    if fault is not None:
        return fault
    return None if like is None or re.fullmatch(like, value) else _wrong(value, noun)


def _words(type_: FactType, text: str, noun: str) -> Fault | None:
    """Refuse what says that nothing could be told, and what no source writes around a value."""
    if text == "":
        return Fault("it is empty")
    if text.strip().lower() in type_.unknown:
        return _wrong(text, noun)
    if text != text.strip() or _CONTROLS.search(text):
        return Fault(f"{shown(text)} has spaces around it, or control characters in it")
    return None


def _enum(type_: FactType, value: Json) -> Fault | None:
    if isinstance(value, str) and value in type_.values:
        return None
    return Fault(f"{shown(value)} is none of {', '.join(type_.values)}")


def _number(type_: FactType, value: Json) -> Fault | None:
    number = _whole(_without_percent(value) if type_.percent else value)
    if number is None:
        return _wrong(value, "whole number")
    if type_.least is not None and number < type_.least:
        return Fault(f"{shown(value)} is below {type_.least}")
    if type_.most is not None and number > type_.most:
        return Fault(f"{shown(value)} is above {type_.most}")
    return None


def _without_percent(value: Json) -> Json:
    return value.removesuffix("%") if isinstance(value, str) else value


def _whole(value: Json) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if _DIGITS.fullmatch(value) else None
    if isinstance(value, int | float) and value == value // 1:
        return int(value)
    return None


def _limit(type_: FactType, value: Json) -> Fault | None:  # noqa: ARG001 -- one shape for all checks
    """Take what systemd gives; 2^64 has been rounded up on its way through a double."""
    if value == "infinity":
        return None
    number = _whole(_without_percent(value))
    return None if number is not None and 0 <= number <= 1 << 64 else _wrong(value, "limit")


def _switch(type_: FactType, value: Json) -> Fault | None:  # noqa: ARG001 -- one shape for all checks
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.lower() in _SWITCHES:
        return None
    if isinstance(value, int) and value in {0, 1}:
        return None
    return _wrong(value, "true or false")


def _flag(type_: FactType, value: Json) -> Fault | None:  # noqa: ARG001 -- one shape for all checks
    """What is there is true, or told in detail; what is not there is left out."""
    if value is True or value == "true" or (isinstance(value, dict) and value):
        return None
    return Fault(f"{shown(value)} does not say that it is there")


def _argument(type_: FactType, value: Json) -> Fault | None:
    """The text after the ``=``, empty without one; a list where an argument is repeated."""
    if isinstance(value, list):
        return _items(value, lambda item: _argument_text(type_, item)) if value else _EMPTY
    return _argument_text(type_, value)


_EMPTY = Fault("an empty list is no value")


def _argument_text(type_: FactType, value: Json) -> Fault | None:
    if value == []:
        return _EMPTY
    return None if value is True and type_.empty else _matching(type_, value, type_.like, "value")


def _list(type_: FactType, value: Json) -> Fault | None:
    items = _written(value) if type_.written else value
    if not isinstance(items, list):
        return _wrong(value, "list")
    if len(items) < (type_.least or 0):
        return Fault("the list is empty")
    of = type_.of
    return None if of is None else _items(items, of.fault)


def _written(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        read: Json = json.loads(value)
    except ValueError:
        return value
    return read


def _items(items: Sequence[Json], check: Callable[[Json], Fault | None]) -> Fault | None:
    for index, item in enumerate(items):
        fault = check(item)
        if fault is not None:
            return Fault(fault.why, (index, *fault.at))
    return None


def _containers(type_: FactType) -> Iterator[Json]:
    """Give lists of one item, and maps of what they need, each with another sample in it."""
    of = type_.of.samples if type_.of else ()
    if type_.kind == "list":
        yield from ([item] for item in of)
    needed = {group[0]: type_.fields.get(group[0], type_.of or _ANY) for group in type_.needs}
    fields = {key: kind.samples for key, kind in needed.items()} | ({"a": of} if of else {})
    if type_.kind == "map" and all(fields.values()):
        for number in range(max(map(len, fields.values()), default=0)):
            yield {key: values[number % len(values)] for key, values in fields.items()}


def _parts(type_: FactType, value: Json) -> Iterator[tuple[Segment, FactType, Json]]:
    """Give what is in a list or a map, with what it should be, and null for what a map lacks."""
    items = _written(value) if type_.written else value
    if isinstance(items, list):
        of = type_ if type_.kind == "argument" else type_.of
        yield from ((index, of, item) for index, item in enumerate(items) if of)
    if type_.kind == "map" and isinstance(items, dict):
        groups = (group for group in type_.needs if not any(key in items for key in group))
        lacking: dict[str, Json] = {group[0]: None for group in groups}
        for key, item in (lacking | items).items():
            kind = type_.fields.get(key, type_.of) or (_ANY if key in lacking else None)
            if kind is not None:
                yield key, kind, item


def _map(type_: FactType, value: Json) -> Fault | None:
    if not isinstance(value, dict):
        return _wrong(value, "map")
    for group in type_.needs:
        if not any(key in value for key in group):
            return Fault(f"it has no {' and no '.join(group)}")
    for key, item in value.items():
        below = type_.fields.get(key, type_.of)
        fault = below.fault(item) if below else None
        if fault is not None:
            return Fault(fault.why, (key, *fault.at))
    return None


_CHECKS: Mapping[str, Callable[[FactType, Json], Fault | None]] = {
    "any": _any,
    "flat": _flat,
    "text": _text,
    "version": _version,
    "tag": _tag,
    "digest": _digest,
    "enum": _enum,
    "number": _number,
    "limit": _limit,
    "switch": _switch,
    "flag": _flag,
    "argument": _argument,
    "list": _list,
    "map": _map,
}
KINDS = frozenset(_CHECKS)
"""The names of all types."""


def _wrong(value: Json, noun: str) -> Fault:
    return Fault(f"{shown(value)} is no {noun}")


def shown(value: Json) -> str:
    """Show a value in a sentence, short: ``'N/A'``, ``-1``, ``a list``."""
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a map" if value else "an empty map"
    if isinstance(value, str):
        cut = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
        return f"'{cut}'"
    return json.dumps(value)[:_SHOWN]
