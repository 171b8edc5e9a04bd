"""The facts that we have names for, and what each of them is: the table in ``eidos.schemas``.

Rules, validation and documentation ask the same table, so that a fact means the same everywhere.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from eidos.engine.model.facts import FactAddress, join_path
from eidos.engine.model.facttypes import Blot, FactType, Fault
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass
from eidos.schemas import FOLDER

_REMEMBERED = 4096
"""Subtypes of a fleet's batch; keys of an open map."""
_TEXTS = "texts.json"
"""The file of the texts by which sources say that they could not tell."""

_COLLECTORS = {"eidos": (0, 1), "upstream": (0,)}
"""Tools of which we know what every version collects, and the first version that there was."""

_Data = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Subtype:
    """What the facts of one subtype are."""

    about: str
    facts: Mapping[str, FactType]
    """By key; where none fits, the first that is a pattern (``*``, ``?``) and fits."""
    whole: Callable[[_Data], str | None] | None = None
    """Says what can only be told of all its facts together."""
    _found: dict[str, FactType | None] = field(default_factory=dict, compare=False)

    def type_of(self, key: str) -> FactType | None:
        """Give what a fact is; None for one that the table does not name."""
        if key in self.facts:
            return self.facts[key]
        if key not in self._found:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            fitting = (name for name in self.facts if is_pattern(name) and _fits(key, name))
            name = next(fitting, None)
            self._found[key] = None if name is None else self.facts[name]
        return self._found[key]

    def fault(self, key: str, data: _Data) -> Fault | None:
        """Say why a fact cannot be read; one that is absent is no fault."""
        kind = self.type_of(key)
        return kind.fault(data[key]) if kind and key in data else None

    def blots(self, data: _Data) -> Iterator[Blot]:
        """Give every place that cannot be read; one without steps is about the whole."""
        if self.whole and self.whole(data) is not None:
            yield Blot((), FactType("map"))
            return
        for key, value in data.items():
            kind = self.type_of(key)
            for blot in kind.blots(value) if kind else ():
                yield Blot((key, *blot.at), blot.kind)

    def faults(self, data: _Data) -> Iterator[tuple[str | None, Fault]]:
        """Give all that cannot be read, by key; without a key what is about the whole."""
        why = self.whole(data) if self.whole else None
        if why is not None:
            yield None, Fault(why)
        for key in data:
            fault = self.fault(key, data)
            if fault is not None:
                yield key, fault


def _fits(key: str, pattern: str) -> bool:
    """Say whether a pattern fits; its ends are compared first, for `fnmatch` compiles it."""
    first, *_, last = pattern.replace("?", "*").split("*")
    return key.startswith(first) and key.endswith(last) and fnmatchcase(key, pattern)


@dataclass(frozen=True, slots=True)
class Absence:
    """Facts that say that there is nothing that other facts could be of: a node without a GPU."""

    about: str
    """``the node has no GPU``."""
    address: FactAddress
    """The subtype that says so."""
    data: _Data
    """What it then holds."""

    def holds(self, facts: Mapping[FactAddress, _Data]) -> bool:
        """Say whether the facts of one node say so, to the letter."""
        said = facts.get(self.address, {})
        return all(key in said and _same(said[key], value) for key, value in self.data.items())


def _same(one: Json, other: Json) -> bool:
    """Compare as JSON does, where false is not 0."""
    return type(one) is type(other) and one == other


@dataclass(frozen=True, slots=True)
class Extras:
    """What the table says of a type beside what its facts are."""

    since: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Pattern of ``subtype`` or ``subtype.key`` to the first version of each collector that has
    it, or may have it; what is not listed never has it, and what no pattern fits all have."""
    absences: Mapping[str, Absence] = field(default_factory=dict)
    """Subtype to the facts that say that there is nothing it could be of."""


def is_pattern(key: str) -> bool:
    """Say whether a key of the table stands for many."""
    return "*" in key or "?" in key


def _images(data: _Data) -> str | None:
    """Images are read whole or not at all, in one of the two ways to write them."""
    if not data:
        return "it names no image, and where anything runs there is one"
    if "containers" in data and len(data) > 1:
        return "it holds a list of containers and a map of tags, and one of them is left over"
    return None


_WHOLES: Mapping[str, Callable[[_Data], str | None]] = {"images": _images}


class Vocabulary:
    """The types of all facts that we have names for.

    Args:
        types: measurement type, as documents write it, to its subtypes by name; ``*`` is any.
        extras: what else is known of a type, in lower case.
    """

    def __init__(
        self,
        types: Mapping[str, Mapping[str, Subtype]],
        extras: Mapping[str, Extras] | None = None,
    ) -> None:
        self.types = types
        self._extras = extras or {}
        self._rows: dict[FactAddress, tuple[FactAddress, Mapping[str, str]]] = {}
        self._by_type = {name.lower(): subtypes for name, subtypes in types.items()}
        self._seen: dict[tuple[int, FactAddress], tuple[_Data, Mapping[str | None, Fault]]] = {}
        self._blots: dict[tuple[int, FactAddress], tuple[_Data, tuple[Blot, ...]]] = {}

    def subtype(self, address: FactAddress) -> Subtype | None:
        """Give what the facts of a subtype are; None for one that we do not know."""
        subtypes = self._by_type.get(address.type, {})
        return subtypes.get(address.subtype) or subtypes.get("*")

    def type_of(self, address: FactAddress) -> FactType | None:
        """Give what one fact is; None for one that we do not know, and for a whole subtype."""
        subtype = self.subtype(address)
        return subtype.type_of(address.key) if subtype and address.key is not None else None

    def since(self, address: FactAddress) -> Mapping[str, str]:
        """Give the first version of each collector that has a fact; empty where all have it."""
        return self._row(address)[1]

    def _row(self, address: FactAddress) -> tuple[FactAddress, Mapping[str, str]]:
        """Give what a row of `Extras.since` is about, and the row; the fact itself without one."""
        if address not in self._rows:
            if len(self._rows) >= _REMEMBERED:
                self._rows.clear()
            self._rows[address] = self._find_row(address)
        return self._rows[address]

    def _find_row(self, address: FactAddress) -> tuple[FactAddress, Mapping[str, str]]:
        rows = self._extras.get(address.type, Extras()).since
        for pattern, versions in rows.items():
            if fnmatchcase(address.subtype, pattern):
                return address.whole, versions
            if fnmatchcase(f"{address.subtype}.{address.key}", pattern):
                key = pattern.removeprefix(f"{address.subtype}.")
                return address.whole.at(key), versions
        return address, {}

    def unsayable(self, address: FactAddress, generator: str | None) -> str | None:
        """Say why what took a snapshot has no such fact; None where it has, or nobody can tell.

        Args:
            address: of the fact.
            generator: as the snapshot names it, ``upstream 0.8.12``. Of one that is not known, and
                of one whose version cannot be read, nothing can be told.
        """
        about, since = self._row(address)
        name, _, version = (generator or "").partition(" ")
        first = _COLLECTORS.get(name)
        if not since or first is None or (said := _numbers(version)) is None or said < first:
            return None
        if name in since and said >= (_numbers(since[name]) or ()):
            return None
        versions = ", ".join(f"{one} {number}" for one, number in sorted(since.items()))
        return f"{about} is no fact that {generator} collects (since {versions})"

    def absence(self, address: FactAddress) -> Absence | None:
        """Give the facts by which a node tells that there is nothing this one could be of."""
        extras = self._extras.get(address.type)
        return extras.absences.get(address.subtype) if extras else None

    def unreadable(self, address: FactAddress, data: _Data, where: str = "") -> str | None:
        """Say why a fact, or any fact of a whole subtype, cannot be read.

        Args:
            address: as a rule declares it.
            data: the subtype that it is in.
            where: what the sentence says after the fact: `` on node a``.

        Returns:
            A sentence without its full stop, ``gpu.smi.driver is unreadable: 'N/A' is no version``;
            None when all can be read.
        """
        subtype = self.subtype(address)
        if subtype is None:
            return None
        if address.key is not None and subtype.whole is None:
            fault = subtype.fault(address.key, data)
            return sentence(address.at(address.key), fault, where) if fault else None
        faults = self.faults(address.whole, data)
        wanted = (key for key in faults if address.key in (None, key) or key is None)
        return next(
            (sentence(address._replace(key=key), faults[key], where) for key in wanted), None
        )

    def faults(self, whole: FactAddress, data: _Data) -> Mapping[str | None, Fault]:
        """Give all that cannot be read of a subtype, by key.

        Data are looked at once, and kept alive while they are known by their identity: a fleet's
        nodes share theirs, and many rules ask.
        """
        known = self._seen.get((id(data), whole))
        if known is None:
            subtype = self.subtype(whole)
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            known = data, dict(subtype.faults(data)) if subtype else {}
            self._seen[id(data), whole] = known
        return known[1]

    def blots(self, address: FactAddress, data: _Data) -> tuple[Blot, ...]:
        """Give every place in a fact, or in a whole subtype, that cannot be read.

        Args:
            address: as a rule declares it.
            data: the subtype that it is in, where places begin: ``("devices", 0, "pcie")``.
        """
        known = self._blots.get((id(data), address.whole))
        if known is None:
            subtype = self.subtype(address)
            if len(self._blots) >= _REMEMBERED:
                self._blots.clear()
            known = data, tuple(subtype.blots(data)) if subtype else ()
            self._blots[id(data), address.whole] = known
        if address.key is None:
            return known[1]
        return tuple(each for each in known[1] if each.at[:1] in ((), (address.key,)))

    def known_facts(self) -> list[str]:
        """Name every fact, for completion and did-you-mean; patterns are left out."""
        return sorted(
            str(FactAddress(name, subtype, key))
            for name, subtypes in self.types.items()
            for subtype, row in subtypes.items()
            if not is_pattern(subtype)
            for key in (None, *row.facts)
            if key is None or not is_pattern(key)
        )

    def spelling(self, type_: str, subtype: str) -> str | None:
        """Give the right spelling of a subtype that differs from it by case alone."""
        known = self._by_type.get(type_.lower(), {})
        if subtype in known:
            return None
        return next((name for name in known if name.lower() == subtype.lower()), None)


def sentence(address: FactAddress, fault: Fault, where: str = "") -> str:
    """Put a fault in words: ``gpu.smi.driver on node a is unreadable: 'N/A' is no version``."""
    return f"{join_path((*address.segments, *fault.at))}{where} is unreadable: {fault.why}"


@cache
def vocabulary() -> Vocabulary:
    """Read the table once."""
    folder = FOLDER / "facts"
    unknown = frozenset(json.loads((folder / _TEXTS).read_bytes())["could_not_tell"])
    files = (json.loads(p.read_bytes()) for p in sorted(folder.glob("*.json")) if p.name != _TEXTS)
    types: dict[str, Mapping[str, Subtype]] = {}
    extras: dict[str, Extras] = {}
    for file in files:
        types[file["type"]] = dict(_subtypes(file["subtypes"], unknown))
        extras[file["type"].lower()] = _extras(file)
    return Vocabulary(types, extras)


def _extras(file: Any) -> Extras:  # noqa: ANN401 -- JSON of our own
    since = {
        pattern: versions
        for patterns, versions in file.get("since", {}).items()
        for pattern in patterns.split(", ")
    }
    absences = {
        name: Absence(row["about"], FactAddress(file["type"], row["subtype"]), row["data"])
        for row in file.get("absent", ())
        for name in row["of"]
    }
    return Extras(since, absences)


def _numbers(version: str) -> tuple[int, ...] | None:
    """Read ``0.8.12``, and ``v0.8.12-next`` as that, ``0.12`` as ``0.12.0``; None for what is none.

    Zeros at the end are left out; numbers are short, since Python refuses to read very long ones.
    """
    match = re.fullmatch(r"v?([0-9]{1,9}(?:\.[0-9]{1,9})*)(?:[-+~].*)?", version, re.DOTALL)
    if match is None:
        return None
    numbers = [*map(int, match[1].split("."))]
    while numbers[-1:] == [0]:
        numbers.pop()
    return tuple(numbers)


def _subtypes(rows: Any, unknown: frozenset[str]) -> Iterator[tuple[str, Subtype]]:  # noqa: ANN401 -- JSON of our own
    for names, row in rows.items():
        facts = {
            key: _type(about, unknown)
            for keys, about in row["facts"].items()
            for key in keys.split(", ")
        }
        subtype = Subtype(row["about"], facts, _WHOLES.get(row.get("whole")))
        yield from ((name, subtype) for name in names.split(", "))


def _type(row: Any, unknown: frozenset[str]) -> FactType:  # noqa: ANN401 -- JSON of our own
    return FactType(
        kind=row["is"],
        about=row.get("about", ""),
        like=row.get("like"),
        values=tuple(row.get("values", ())),
        none=tuple(row.get("none", ())),
        least=row.get("least"),
        most=row.get("most"),
        empty=row.get("empty", False),
        percent=row.get("percent", False),
        written=row.get("written", False),
        of=_type(row["of"], unknown) if "of" in row else None,
        fields={
            key: _type(below, unknown)
            for keys, below in row.get("fields", {}).items()
            for key in keys.split(", ")
        },
        needs=tuple(tuple(group) for group in row.get("needs", ())),
        unknown=unknown,
    )
